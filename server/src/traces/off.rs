use crate::config::{Config, ConfigError};
use crate::state::AppState;
use axum::extract::Request;
use http::StatusCode;
use std::future::{Ready, ready};

/// No span.
pub(crate) struct Traced;

#[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
pub(crate) fn start(_: &Config) -> Result<(), ConfigError> {
    Ok(())
}

pub(crate) fn stop() -> Ready<()> {
    ready(())
}

pub(crate) fn begin(_: &AppState, _: &Request) -> Traced {
    Traced
}

impl Traced {
    pub(crate) fn end(self, _: StatusCode) {
        let Self = self;
    }
}
