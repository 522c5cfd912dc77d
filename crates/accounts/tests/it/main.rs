//! The use cases against a real Postgres; no HTTP, no browser.

mod admin;
mod audit;
mod outage;
mod password;
mod profile;
mod registration;
mod sessions;
mod sign_in;
