//! Log lines: for machines in production, for people in development. Never a query string, a cookie
//! or a body (promise P24).

use crate::config::error::ConfigError;
use crate::config::log::{self, LogFormat};
use std::fs::File;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::sync::Arc;

/// Starts logging, to the standard error stream, so that what a command prints stays apart.
///
/// # Errors
/// [`ConfigError`] where the filter cannot be read.
pub fn init(format: LogFormat, filter: Option<&str>) -> Result<(), ConfigError> {
    let filter = log::filter(filter)?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let stderr =
        stderr().map_err(|error| ConfigError::new("RUST_LOG", format!("no place to write to: {error}")))?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(colours);
    // It would report to the same stream, and panic if that has no reader any more.
    let subscriber = subscriber.log_internal_errors(false);
    match format {
        LogFormat::Json => {
            let json = subscriber.json().flatten_event(true);
            json.with_current_span(true).with_span_list(false).init();
        }
        LogFormat::Text => subscriber.init(),
    }
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Standard error without its lock, which the threads would wait for at each request: a line is one write.
fn stderr() -> std::io::Result<Arc<File>> {
    Ok(Arc::new(File::from(std::io::stderr().as_fd().try_clone_to_owned()?)))
}

/// The place, and the message only where it is a literal: a formatted one may hold somebody's data.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&str>().copied().unwrap_or("a formatted message, not shown");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, message, "panic");
}
