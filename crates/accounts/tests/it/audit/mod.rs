mod activity;
mod search;
mod trail;
