use super::admission::{Admission, Slot};
use super::connection::{self, Shared};
use super::limits::Limits;
use crate::clock::now;
use axum::Router;
use edge::TrustedProxies;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// New connections cannot keep a server from stopping for longer than this.
const LAST_IN: Duration = Duration::from_secs(1);

/// What connections are served with.
pub struct Server {
    /// Who answers.
    pub router: Router,
    /// What a connection may cost.
    pub limits: Limits,
    /// The proxies, whose connections carry many clients.
    pub proxies: Arc<TrustedProxies>,
    /// Cancelled once the server is told to stop: from then on each answer is its connection's last.
    pub stopping: CancellationToken,
}

impl Server {
    /// Serves until `stop` completes, then lets running requests end.
    pub async fn run(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let Self { router, limits, proxies, stopping } = self;
        let draining = CancellationToken::new();
        let shared =
            Arc::new(Shared { router, limits, stopping: stopping.clone(), draining: draining.clone() });
        let (admission, connections) = (Arc::new(Admission::default()), TaskTracker::new());
        let begin = async |stream: TcpStream, peer: SocketAddr| {
            let trusted = proxies.trusts(peer.ip().to_canonical());
            let slot = admit(&admission, peer.ip(), trusted, &limits).await;
            connections.spawn(connection::run(shared.clone(), stream, peer, slot));
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
        stopping.cancel();
        // Connections that the kernel has accepted already are answered too.
        let until = now() + LAST_IN;
        while now() < until
            && let Some((stream, peer)) = waiting(&listener).await
        {
            begin(stream, peer).await;
        }
        drop(listener);
        draining.cancel();
        connections.close();
        tracing::info!(connections = connections.len(), "stopping: running requests may end");
        if tokio::time::timeout(limits.drain, connections.wait()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }
}

/// Waits until one more silent connection may stay.
async fn admit(admission: &Arc<Admission>, from: IpAddr, trusted: bool, limits: &Limits) -> Slot {
    loop {
        match admission.admit(from, trusted, limits, now()) {
            Ok(slot) => return slot,
            Err(until) => tokio::time::sleep_until(until).await,
        }
    }
}

/// The next connection that the kernel has accepted.
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
