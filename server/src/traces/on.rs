use crate::config::{Config, ConfigError};
use crate::metrics::known;
use crate::outbound::{Question, ask};
use crate::state::AppState;
use axum::extract::{MatchedPath, Request};
use edge::TraceParent;
use http::{StatusCode, Uri};
use std::sync::{Arc, OnceLock};
use traces::{Parent, Post, Traces};

/// One for the process, as is its log.
static TRACES: OnceLock<Traces> = OnceLock::new();

/// The span of a request, where spans are wanted.
pub(crate) struct Traced(Option<traces::Traced>);

pub(crate) fn start(config: &Config) -> Result<(), ConfigError> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let Some(endpoint) = &config.traces else { return Ok(()) };
    let post: Arc<Post> = Arc::new(post);
    let traces = Traces::to(endpoint, env!("CARGO_PKG_VERSION"), post)
        .map_err(|message| ConfigError::new(NAME, message))?;
    let _ = TRACES.set(traces);
    Ok(())
}

/// Sends what has not been sent.
pub(crate) async fn stop() {
    let _ = tokio::task::spawn_blocking(|| TRACES.get().map(Traces::stop)).await;
}

pub(crate) fn begin(state: &AppState, request: &Request) -> Traced {
    let Some(traces) = TRACES.get() else { return Traced(None) };
    let parent = TraceParent::of(request, &state.proxies);
    let parent = parent.map(|TraceParent { trace, span, sampled }| Parent { trace, span, sampled });
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    Traced(Some(traces.begin(known(request.method()), route, parent)))
}

impl Traced {
    pub(crate) fn end(self, status: StatusCode) {
        if let Some(span) = self.0 {
            span.end(status.as_u16());
        }
    }
}

fn post(uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<u16, String> {
    let uri: Uri = uri.parse().map_err(|_| "no address".to_owned())?;
    let question = Question { uri: &uri, at: None, ca_file: None, method: "POST", headers, body };
    ask(&question).map(|answer| answer.status).map_err(|error| error.to_string())
}
