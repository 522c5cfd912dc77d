//! One connection, from its first byte to its end.

use super::places::Place;
use super::pulse::{Phase, Pulse};
use super::write_time::WriteTime;
use super::{Crowded, Server};
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
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(super) async fn run(
    server: Arc<Server>,
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    draining: CancellationToken,
) {
    // Without it a streamed page waits 40 ms for a delayed ACK.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let limits = server.limits;
    let pulse = Arc::new(Pulse::new(place, limits));
    let (told, heard) = (pulse.clone(), pulse.clone());
    let service =
        service_fn(move |request: Request<Incoming>| answer(server.clone(), told.clone(), request, peer));
    let stream = WriteTime::new(stream, limits.write_time, move || heard.heard());
    let mut connection = pin!(
        http1::Builder::new()
            .max_header_size(limits.head_bytes)
            .max_buf_size(4 * limits.head_bytes)
            .serve_connection(TokioIo::new(stream), service)
    );
    let mut timer = pin!(sleep_until(Instant::now()));
    let mut drained = false;
    loop {
        let living = poll_fn(|cx| match connection.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            // What has just been heard or answered moves the time.
            Poll::Pending => {
                let Some(until) = pulse.until() else { return Poll::Pending };
                if timer.deadline() != until {
                    timer.as_mut().reset(until);
                }
                timer.as_mut().poll(cx).map(|()| None)
            }
        });
        tokio::select! {
            biased;
            ended = living => match ended {
                Some(ended) => return ended.unwrap_or_else(|error| tracing::debug!(%error, "connection ended")),
                // Nothing is under way: it ends in good order.
                None if pulse.phase() == Phase::Idle => {}
                None => return tracing::debug!(%peer, "connection cut: no request came in time"),
            },
            () = pulse.place.is_needed() => match pulse.phase() {
                Phase::Silent | Phase::Head => return tracing::debug!(%peer, "connection cut: others need the place"),
                Phase::Busy if pulse.place.is_cut() => {
                    return tracing::debug!(%peer, "connection cut: its answer takes too long and others need the place");
                }
                Phase::Busy | Phase::Idle | Phase::Ending => {}
            },
            () = draining.cancelled(), if !drained => {
                drained = true;
                // A request that may be on its way is answered: its answer says that it is the last.
                if matches!(pulse.phase(), Phase::Silent | Phase::Head) {
                    pulse.last_word();
                    continue;
                }
            }
        }
        // At once where it is idle, else after the answer.
        connection.as_mut().graceful_shutdown();
        pulse.ends();
    }
}

async fn answer(
    server: Arc<Server>,
    pulse: Arc<Pulse>,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible> {
    let seated = pulse.request();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    if !seated {
        request.extensions_mut().insert(Crowded);
    }
    let mut response = server.router.clone().oneshot(request).await?;
    if !seated || server.stopping.is_cancelled() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Body::new(Answer { body, _end: End(pulse) })))
}

/// An answer's body, whose end is the request's.
struct Answer {
    body: Body,
    _end: End,
}

struct End(Arc<Pulse>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.answered();
    }
}

impl HttpBody for Answer {
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
