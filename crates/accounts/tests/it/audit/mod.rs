mod activity;
mod trail;
