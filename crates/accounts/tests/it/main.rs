//! The use cases against a real Postgres; no HTTP, no browser.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod account;
mod admin;
mod audit;
mod authentication;
mod crew;
mod encryption;
mod factors;
mod hashes;
mod import;
mod migrations;
mod one_time;
mod outage;
mod outbox;
mod passkeys;
mod replica;
mod retention;
mod session;
mod sweep;
