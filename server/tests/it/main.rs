//! The whole router in process, over a real Postgres: what browsers and attackers see of it.
#![expect(unreachable_pub, reason = "one binary: its modules speak to each other")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod actors;
mod announced;
mod app;
mod cli;
mod deploy;
mod described;
mod http;
mod log;
mod mail;
mod make_it_yours;
mod outage;
mod pages;
mod pooler;
mod process;
mod redis;
mod rediss;
mod rest;
mod seeds;
mod twins;
