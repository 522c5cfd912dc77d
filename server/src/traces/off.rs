use crate::config::{Config, ConfigError};
use crate::state::AppState;
use axum::extract::Request;
use http::StatusCode;

/// No span.
pub(crate) struct Traced;

#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
pub(crate) fn start(_: &Config) -> Result<(), ConfigError> {
    Ok(())
}

pub(crate) async fn stop() {}

pub(crate) fn begin(_: &AppState, _: &Request) -> Traced {
    Traced
}

impl Traced {
    pub(crate) fn end(self, _: StatusCode) {}
}
