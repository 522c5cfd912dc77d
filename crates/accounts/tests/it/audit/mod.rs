mod activity;
mod complete;
mod search;
mod trail;
