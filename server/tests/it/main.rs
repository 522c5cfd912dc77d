//! The whole router in process, over a real Postgres: what browsers and attackers see of it.
#![expect(unreachable_pub, reason = "one binary: its modules speak to each other")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod actors;
mod app;
mod binary;
mod deploy;
mod described;
mod importing;
mod log;
mod make_it_yours;
mod outage;
mod pooler;
mod rest;
mod seeds;
mod web;
