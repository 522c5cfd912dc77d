mod activity;
mod chain;
mod complete;
mod search;
mod trail;
