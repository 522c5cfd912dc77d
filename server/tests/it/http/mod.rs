//! What every answer has, whoever asks.

mod connections;
mod echo;
// It reads `/proc`.
#[cfg(target_os = "linux")]
mod exports;
mod failures;
mod files;
mod headers;
mod logs;
mod metrics;
mod outages;
mod proxies;
mod rate_limit;
