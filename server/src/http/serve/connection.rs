//! One connection, from its first byte to its end.

use super::admission::Slot;
use super::connection_state::{ConnectionState, Phase};
use super::limits::Limits;
use crate::clock::now;
use crate::http::layers::Overloaded;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use http::HeaderValue;
use http::header::CONNECTION;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::io::InspectReader;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// What all connections of a server share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) limits: Limits,
    /// From then on each answer is its connection's last.
    pub(super) stopping: CancellationToken,
    /// From then on idle connections end.
    pub(super) draining: CancellationToken,
}

pub(super) async fn run(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr, slot: Slot) {
    // Without it a streamed page waits 40 ms for a delayed ACK.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let (limits, draining) = (shared.limits, shared.draining.clone());
    let state = Arc::new(ConnectionState::new(slot, limits));
    let (told, heard) = (state.clone(), state.clone());
    let service =
        service_fn(move |request: Request<Incoming>| answer(shared.clone(), told.clone(), request, peer));
    let mut connection = pin!(
        http1::Builder::new()
            .max_header_size(limits.head_bytes)
            .max_buf_size(4 * limits.head_bytes)
            .serve_connection(TokioIo::new(observed(stream, limits.write_timeout, heard)), service)
    );
    let mut timer = pin!(sleep_until(now()));
    let mut drained = false;
    loop {
        let living = poll_fn(|cx| match connection.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            // Bytes that came and answers that went extend the deadline.
            Poll::Pending => {
                let Some(until) = state.until() else { return Poll::Pending };
                passed(timer.as_mut(), until, cx).map(|()| None)
            }
        });
        tokio::select! {
            biased;
            ended = living => match ended {
                Some(ended) => return ended.unwrap_or_else(|error| tracing::debug!(%error, "connection ended")),
                // Nothing is under way: it closes cleanly.
                None if state.phase() == Phase::Idle => {}
                None => return tracing::debug!(%peer, "connection cut: no request came in time"),
            },
            () = state.slot.asked_to_close() => match state.phase() {
                Phase::Silent | Phase::Head => return tracing::debug!(%peer, "connection cut: others need the slot"),
                Phase::Busy if state.slot.is_cut() => {
                    return tracing::debug!(%peer, "connection cut: its answer takes too long and others need the slot");
                }
                Phase::Busy | Phase::Idle | Phase::Ending => {}
            },
            () = draining.cancelled(), if !drained => {
                drained = true;
                // A request that may be on its way is answered: its answer says that it is the last.
                if matches!(state.phase(), Phase::Silent | Phase::Head) {
                    state.last_word();
                    continue;
                }
            }
        }
        // At once where it is idle, else after the answer.
        connection.as_mut().graceful_shutdown();
        state.ends();
    }
}

/// Ready once a time has come. The timer is set anew only for one before its own, and when it has run out: deadlines
/// move on with each request, and hardly one is ever reached.
fn passed(mut timer: Pin<&mut Sleep>, until: Instant, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        if until < timer.deadline() || timer.is_elapsed() {
            timer.as_mut().reset(until);
        }
        ready!(timer.as_mut().poll(cx));
        if timer.deadline() >= until {
            return Poll::Ready(());
        }
    }
}

/// A client that asks and never reads would hold its connection, and the answer in memory, for ever: a write that waits
/// too long ends it. It reports the bytes that come.
fn observed(
    stream: TcpStream,
    write_timeout: Duration,
    state: Arc<ConnectionState>,
) -> impl AsyncRead + AsyncWrite + Unpin {
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(write_timeout));
    InspectReader::new(Box::pin(stream), move |bytes: &[u8]| {
        if !bytes.is_empty() {
            state.heard();
        }
    })
}

async fn answer(
    shared: Arc<Shared>,
    state: Arc<ConnectionState>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    let admitted = state.request();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    if !admitted {
        request.extensions_mut().insert(Overloaded);
    }
    let mut response = shared.router.clone().oneshot(request).await?;
    if !admitted || shared.stopping.is_cancelled() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Body::new(AnswerBody { body, _end: End(state) })))
}

/// Its end is the request's.
struct AnswerBody {
    body: Body,
    _end: End,
}

struct End(Arc<ConnectionState>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.answered();
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
