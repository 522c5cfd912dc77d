//! Log lines: for machines in production, for people in development. Never a query string, a cookie
//! or a body (promise P24).

use crate::config::error::ConfigError;
use crate::config::log::{self as log_filter, LogFormat};
use crate::log::{self, Lines, WithRequest, Writer};
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
    // Such a filter asks for the spans themselves.
    let by_span = filter.is_some_and(|filter| filter.contains('['));
    let filter = log_filter::filter(filter)?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let stderr =
        stderr().map_err(|error| ConfigError::new("RUST_LOG", format!("no place to write to: {error}")))?;
    let lines = Arc::new(Lines::new(stderr));
    let writer = Writer(lines.clone());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || writer.clone())
        .with_ansi(colours);
    // It would report to the same stream, and panic if that has no reader any more.
    let subscriber = subscriber.log_internal_errors(false);
    match format {
        LogFormat::Json => {
            let json = subscriber.json().flatten_event(true);
            json.with_current_span(true).with_span_list(false).map_event_format(WithRequest).init();
        }
        LogFormat::Text => subscriber.init(),
    }
    log::keep(lines, format == LogFormat::Json && !by_span);
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Standard error without its lock: whoever writes has the stream alone anyway.
fn stderr() -> std::io::Result<File> {
    Ok(File::from(std::io::stderr().as_fd().try_clone_to_owned()?))
}

/// The place, and the message only where it is a literal: a formatted one may hold somebody's data.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload().downcast_ref::<&str>().copied().unwrap_or("a formatted message, not shown");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, message, "panic");
    log::flush();
}
