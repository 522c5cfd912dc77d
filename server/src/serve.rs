//! The accept loop. `axum::serve` cannot limit how long or how large a request's head may be, so the
//! connections are hyper's own.

use crate::write_time::WriteTime;
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// How many connections there may be, and what one may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections are open at once; the next one waits to be accepted.
    pub connections: usize,
    /// How long a client may take to send a request's head, and to stay silent between two requests.
    pub head_time: Duration,
    /// How large a request's head may be.
    pub head_bytes: usize,
    /// How long a client may leave an answer unread.
    pub write_time: Duration,
    /// How long running requests may take to end once the server is told to stop.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_000,
            head_time: Duration::from_secs(5),
            head_bytes: 16 * 1024,
            write_time: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// Completes when the process is told to stop: SIGINT from a terminal or cargo-leptos, SIGTERM from an
/// orchestrator. Listening begins at once, not when the future is first polled.
///
/// # Errors
/// Where the signals cannot be listened to.
pub fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Serves until `stop` completes, then lets running requests end.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => match accepted {
                Ok((place, stream, peer)) => {
                    let connection = connection(stream, peer, router.clone(), limits, connections.watcher());
                    tokio::spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => refused(&error).await,
            },
        }
    }
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping: running requests may end");
    if tokio::time::timeout(limits.drain, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((place, stream, peer))
}

/// A connection that ended before it was accepted is its client's business. Out of file descriptors,
/// trying again at once would only spin.
async fn refused(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, limits: Limits, watcher: Watcher) {
    // Without it a streamed page waits 40 ms for a delayed ACK.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let service = service_fn(move |request: Request<Incoming>| answer(router.clone(), request, peer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_header_size(limits.head_bytes)
        .max_buf_size(4 * limits.head_bytes)
        .serve_connection(TokioIo::new(WriteTime::new(stream, limits.write_time)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(axum::body::Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
