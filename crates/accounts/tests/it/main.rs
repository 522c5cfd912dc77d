//! The use cases against a real Postgres; no HTTP, no browser.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod activity;
mod admin;
mod api_cookie;
mod audit;
mod bearer;
mod clocks;
mod crew;
mod hashes;
mod import;
mod known;
mod last_admin;
mod me;
mod migrations;
mod names;
mod networks;
mod outage;
mod own_sessions;
mod paging;
mod password;
mod people;
mod profile;
mod refresh;
mod registration;
mod remembered;
mod sessions;
mod sign_in;
mod throttle;
mod timing;
mod writing;
