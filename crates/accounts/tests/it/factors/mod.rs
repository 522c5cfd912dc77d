mod guesses;
mod replaced;
mod required;
mod setup;
mod single_use;
mod trusted;
mod waiting;
