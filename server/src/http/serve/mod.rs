//! The accept loop. `axum::serve` cannot limit how long or how large a request's head may be, nor who may crowd out
//! whom, so the connections are hyper's own.

mod connection;
mod places;
mod pulse;
mod write_time;

use axum::Router;
use edge::TrustedProxies;
use places::Places;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many connections there may be, and what one may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections that have sent a request are open at once; for the next one the oldest idle one goes.
    pub connections: usize,
    /// How many of these one address may have; a trusted proxy may have all.
    pub per_address: usize,
    /// How many of these the addresses of one network (/24, of IPv6 /48) may have, trusted proxies apart.
    pub per_network: usize,
    /// How many more have sent no request yet; for the next one the oldest goes of the address that has most.
    pub silent: usize,
    /// How long a client may take to send a request's head, the first one counted from when it connected.
    pub head_time: Duration,
    /// How long a client may stay silent between two requests.
    pub keep_alive: Duration,
    /// How large a request's head may be.
    pub head_bytes: usize,
    /// How long a client may leave an answer unread.
    pub write_time: Duration,
    /// How long a request may take in all before its connection may be cut for one that needs the place.
    pub answer_time: Duration,
    /// How long running requests may take to end once nobody new is let in.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 800,
            per_address: 200,
            per_network: 400,
            silent: 200,
            head_time: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            head_bytes: 16 * 1024,
            write_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// Who goes on connecting does not keep a server from stopping.
const LAST_IN: Duration = Duration::from_secs(1);

/// What told the process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, from a terminal or cargo-leptos: somebody waits for it.
    Interrupt,
    /// SIGTERM, from an orchestrator, which goes on sending people here for a moment.
    Terminate,
}

/// Completes when the process is told to stop. Listening begins at once, not when the future is first polled.
///
/// # Errors
/// Where the signals cannot be listened to.
pub fn shutdown_signal() -> std::io::Result<impl Future<Output = Signal>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    })
}

/// A request without a place: it is answered that there is none, unless it asks how the server is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowded;

/// What connections are served with.
pub struct Server {
    /// Who answers.
    pub router: Router,
    /// What a connection may cost.
    pub limits: Limits,
    /// Whose connections are many clients'.
    pub proxies: Arc<TrustedProxies>,
    /// Cancelled once the server is told to stop: from then on each answer is its connection's last.
    pub stopping: CancellationToken,
}

impl Server {
    /// Serves until `stop` completes, then lets running requests end.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let (server, places) = (Arc::new(self), Arc::new(Places::default()));
        let (connections, draining) = (TaskTracker::new(), CancellationToken::new());
        let begin = async |stream: TcpStream, peer: SocketAddr| {
            let place = server.place(&places, peer).await;
            connections.spawn(connection::run(server.clone(), stream, peer, place, draining.clone()));
        };
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => begin(stream, peer).await,
                    Err(error) => refused(&error).await,
                },
            }
        }
        server.stopping.cancel();
        // Whom the kernel let in already is answered, too.
        let until = Instant::now() + LAST_IN;
        while Instant::now() < until
            && let Some((stream, peer)) = waiting(&listener).await
        {
            begin(stream, peer).await;
        }
        drop(listener);
        draining.cancel();
        connections.close();
        tracing::info!(connections = connections.len(), "stopping: running requests may end");
        if tokio::time::timeout(server.limits.drain, connections.wait()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }

    async fn place(&self, places: &Arc<Places>, peer: SocketAddr) -> places::Place {
        let trusted = self.proxies.trusts(peer.ip().to_canonical());
        loop {
            match places.enter(peer.ip(), trusted, &self.limits, Instant::now()) {
                Ok(place) => return place,
                Err(until) => tokio::time::sleep_until(until).await,
            }
        }
    }
}

/// Who stands in the listener's queue.
async fn waiting(listener: &TcpListener) -> Option<(TcpStream, SocketAddr)> {
    tokio::select! {
        biased;
        accepted = listener.accept() => accepted.ok(),
        () = tokio::task::yield_now() => None,
    }
}

/// A connection that ended before it was accepted is its client's business. Out of file descriptors,
/// trying again at once would only spin.
async fn refused(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
