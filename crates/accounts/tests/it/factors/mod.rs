mod guesses;
mod replaced;
mod setup;
mod single_use;
mod trusted;
mod waiting;
