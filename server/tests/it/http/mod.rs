//! What every answer has, whoever asks.

mod connections;
mod failures;
mod files;
mod headers;
mod logs;
mod outages;
mod proxies;
mod rate_limit;
