mod setup;
mod single_use;
mod waiting;
