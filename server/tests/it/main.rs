//! The whole router in process, over a real Postgres: what browsers and attackers see of it.
#![expect(unreachable_pub, reason = "one binary: its modules speak to each other")]

mod actors;
mod app;
mod log;
mod outage;
mod web;
