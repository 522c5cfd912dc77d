//! One id and one log line for each request: the matched path, never the query string. It also adds the headers of every
//! answer.

use crate::clock::now;
use crate::http::headers;
use crate::log::current::{Named, within};
use crate::log::lines;
use crate::state::AppState;
use crate::traces::{self, Traced};
use accounts::{Clock, ReadAheadRng, SystemClock};
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use edge::RequestId;
use edge::request_id::X_REQUEST_ID;
use std::pin::pin;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{Instrument, Level};

/// The module's name as lines have always told it.
const TARGET: &str = "server::http::trace";

/// A request that is being answered.
pub(super) struct Trace {
    start: Instant,
    id: RequestId,
    request: Option<Named>,
    traced: Traced,
}

impl Trace {
    pub(super) fn begin(state: &AppState, request: &mut Request) -> Self {
        let start = now();
        let id = RequestId::of(request, &state.proxies, &ReadAheadRng);
        request.extensions_mut().insert(id);
        let path = request.extensions().get::<MatchedPath>().cloned();
        let named = Named { id, method: request.method().clone(), path };
        Self { start, id, request: Some(named), traced: traces::begin(state, request) }
    }

    pub(super) async fn end(mut self, state: &AppState, answer: impl Future<Output = Response>) -> Response {
        let answer = pin!(answer);
        let mut response = match (&self.request, lines()) {
            (Some(Named { id, method, path }), None) => {
                let path = path.as_ref().map_or("-", MatchedPath::as_str);
                let span = tracing::info_span!(target: TARGET, "request", %id, %method, path);
                answer.instrument(span).await
            }
            _ => within(&mut self.request, answer).await,
        };
        headers::add(response.headers_mut(), state.origin.is_https());
        response.headers_mut().insert(X_REQUEST_ID.clone(), self.id.header());
        self.traced.end(response.status());
        if let Some(request) = &self.request {
            let took = self.start.elapsed();
            if let Some(metrics) = &state.metrics {
                metrics.answered(&request.method, request.path.as_ref(), response.status(), took);
            }
            log(request, response.status().as_u16(), took);
        }
        response
    }
}

/// Outside the span, whose fields a line in it would read and write once more.
fn log(request: &Named, status: u16, took: Duration) {
    let Named { id, method, .. } = request;
    let path = request.path();
    let Some(lines) = lines() else {
        let milliseconds = took.as_secs_f64() * 1e3;
        tracing::info!(target: TARGET, %id, %method, path, status, milliseconds, "answered");
        return;
    };
    if !tracing::enabled!(target: TARGET, Level::INFO) {
        return;
    }
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    // Neither an id, nor a method, nor a pattern of ours has anything to escape. By hand: each answer has such a line.
    lines.add(SystemClock.now(), |line, second, fraction| {
        for part in [
            r#"{"timestamp":""#,
            second,
            ".",
            digits(&mut [0; 20], 6, fraction.into()),
            r#"Z","level":"INFO","message":"answered","id":""#,
            id.write(&mut [0; 36]),
            r#"","method":""#,
            method.as_str(),
            r#"","path":""#,
            path,
            r#"","status":"#,
            digits(&mut [0; 20], 1, status.into()),
            r#","milliseconds":"#,
            digits(&mut [0; 20], 1, micros / 1_000),
            ".",
            digits(&mut [0; 20], 3, micros % 1_000),
            r#","target":""#,
            TARGET,
            "\"}\n",
        ] {
            line.extend_from_slice(part.as_bytes());
        }
    });
}

/// A number, in so many digits at least.
fn digits(buffer: &mut [u8; 20], least: usize, mut number: u64) -> &str {
    let mut begin = buffer.len();
    while number > 0 || buffer.len() - begin < least {
        begin -= 1;
        buffer[begin] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    std::str::from_utf8(&buffer[begin..]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn numbers_have_as_many_digits_as_they_need_and_no_fewer_than_asked_for() {
        for (least, number, text) in [
            (1, 0, "0"),
            (3, 0, "000"),
            (6, 304, "000304"),
            (1, 200, "200"),
            (1, u64::MAX, "18446744073709551615"),
        ] {
            assert_eq!(digits(&mut [0; 20], least, number), text);
        }
    }
}
