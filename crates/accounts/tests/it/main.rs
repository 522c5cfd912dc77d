//! The use cases against a real Postgres; no HTTP, no browser.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod admin;
mod audit;
mod hashes;
mod import;
mod outage;
mod password;
mod profile;
mod registration;
mod sessions;
mod sign_in;
