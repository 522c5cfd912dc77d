mod guesses;
mod replaced;
mod required;
mod setup;
mod single_use;
mod taken_back;
mod trusted;
mod waiting;
