//! What stops a running command.

use tokio::signal::unix::{SignalKind, signal};

/// What told the process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGINT, from a terminal or cargo-leptos: somebody waits for it.
    Interrupt,
    /// SIGTERM, from an orchestrator, which goes on sending requests for a moment.
    Terminate,
}

/// Completes when the process is told to stop. Listening begins at once, not when the future is first polled.
///
/// # Errors
/// Where the signals cannot be listened to.
pub(super) fn shutdown_signal() -> std::io::Result<impl Future<Output = Signal>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    })
}
