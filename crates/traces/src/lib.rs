//! Spans of requests, sent to an OpenTelemetry collector (OTLP over HTTP, protobuf).
//!
//! What a span says is written here and nowhere else: the method, the pattern of the path, the status, and the ids of the
//! trace. It is no layer over the log: no field of a log line can get into a span, so no address, name or secret does.

use async_trait::async_trait;
use opentelemetry::trace::{
    Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, TracerProviderBuilder};
use std::fmt;
use std::sync::Arc;

/// Sends a body to an address with these headers, waits, and says the answer's status. The thread that asks has no runtime.
pub type Post = dyn Fn(&str, &[(&str, &str)], &[u8]) -> Result<u16, String> + Send + Sync;

/// Where spans begin.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// The span of a caller, as a `traceparent` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: u128,
    /// The span.
    pub span: u64,
    /// Whether it is recorded.
    pub sampled: bool,
}

/// A request that is being answered.
pub struct Traced {
    span: opentelemetry_sdk::trace::Span,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Traces")
    }
}

impl Traces {
    /// Spans that are sent in batches to the collector at `endpoint`, from a thread of their own.
    ///
    /// # Errors
    /// Why no exporter can be made of that address.
    pub fn to(endpoint: &str, version: &'static str, post: Arc<Post>) -> Result<Self, String> {
        if !is_an_address(endpoint) {
            return Err("it isn't a valid address; set it to something like http://127.0.0.1:4318".to_owned());
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .with_http_client(Collector { post })
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self::over(SdkTracerProvider::builder().with_batch_exporter(exporter), version))
    }

    fn over(builder: TracerProviderBuilder, version: &'static str) -> Self {
        let resource = Resource::builder().with_service_name("doorstep");
        let resource = resource.with_attribute(KeyValue::new("service.version", version)).build();
        let provider = builder.with_resource(resource).build();
        let tracer = provider.tracer("doorstep");
        Self { provider, tracer }
    }

    /// A span for a request (OpenTelemetry's semantic conventions for HTTP servers). `method` and `route` are of the
    /// server's own lists, never what a client wrote.
    #[must_use]
    pub fn begin(&self, method: &'static str, route: Option<&str>, parent: Option<Parent>) -> Traced {
        let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
        let mut attributes = vec![KeyValue::new("http.request.method", method)];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
        let builder = self.tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
        let parent = parent.map_or_else(Context::new, Parent::context);
        Traced { span: builder.start_with_context(&self.tracer, &parent) }
    }

    /// Sends what has not been sent.
    pub fn stop(&self) {
        // Where the collector is gone there is nobody to tell.
        let _ = self.provider.shutdown();
    }
}

impl Parent {
    fn context(self) -> Context {
        let flags = if self.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
        let (trace, span) = (TraceId::from(self.trace), SpanId::from(self.span));
        Context::new().with_remote_span_context(SpanContext::new(
            trace,
            span,
            flags,
            true,
            TraceState::default(),
        ))
    }
}

impl Traced {
    /// The answer is there.
    pub fn end(mut self, status: u16) {
        self.span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            self.span.set_status(Status::error(""));
        }
        self.span.end();
    }
}

/// `http://` or `https://`, and a host. The exporter takes anything.
fn is_an_address(endpoint: &str) -> bool {
    let uri = Request::get(endpoint).body(()).map(|request| request.into_parts().0.uri);
    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// The way to the collector.
struct Collector {
    post: Arc<Post>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let headers = request.headers().iter();
        let headers: Vec<_> =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
        let status = (self.post)(&request.uri().to_string(), &headers, request.body())?;
        Ok(Response::builder().status(status).body(Bytes::new())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};
    use std::sync::Mutex;

    /// What is exported of what `work` does.
    fn spans(work: impl FnOnce(&Traces)) -> Vec<SpanData> {
        let exporter = InMemorySpanExporter::default();
        let traces =
            Traces::over(SdkTracerProvider::builder().with_simple_exporter(exporter.clone()), "1.0.0");
        work(&traces);
        exporter.get_finished_spans().unwrap()
    }

    #[test]
    fn a_span_says_method_route_and_status_and_nothing_else() {
        let found = spans(|traces| {
            traces.begin("GET", Some("/api/v1/users/{id}"), None).end(200);
            traces.begin("POST", None, None).end(503);
        });
        let said = |span: &SpanData| {
            let all = span.attributes.iter().map(|one| format!("{}={}", one.key, one.value));
            (span.name.to_string(), all.collect::<Vec<_>>())
        };
        let good =
            ["http.request.method=GET", "http.route=/api/v1/users/{id}", "http.response.status_code=200"];
        assert_eq!(said(&found[0]), ("GET /api/v1/users/{id}".to_owned(), good.map(str::to_owned).to_vec()));
        let bad = ["http.request.method=POST", "http.response.status_code=503"];
        assert_eq!(said(&found[1]), ("POST".to_owned(), bad.map(str::to_owned).to_vec()));
        assert_eq!((&found[0].status, &found[1].status), (&Status::Unset, &Status::error("")));
        for span in &found {
            assert!(span.events.is_empty() && span.links.is_empty() && span.span_kind == SpanKind::Server);
            assert_eq!(span.parent_span_id, SpanId::INVALID);
        }
    }

    #[test]
    fn what_is_no_collector_s_address_is_refused() {
        let to = |endpoint| Traces::to(endpoint, "1.2.3", Arc::new(|_, _, _| Ok(200)));
        for good in ["http://127.0.0.1:4318", "https://ana:secret@collector.example/otlp/"] {
            assert!(to(good).is_ok(), "{good}");
        }
        for bad in
            ["", "collector.example:4318", "127.0.0.1", "grpc://127.0.0.1:4317", "http://", "/v1/traces"]
        {
            assert!(to(bad).unwrap_err().contains("http://127.0.0.1:4318"), "{bad}");
        }
    }

    #[test]
    fn a_caller_s_trace_goes_on() {
        let parent = Parent { trace: 7, span: 8, sampled: true };
        let found = spans(|traces| {
            traces.begin("GET", None, Some(parent)).end(200);
            traces.begin("GET", None, Some(Parent { sampled: false, ..parent })).end(200);
        });
        let [one] = &found[..] else { panic!("one that is not recorded is not sent: {found:?}") };
        assert_eq!((one.span_context.trace_id(), one.parent_span_id), (TraceId::from(7), SpanId::from(8)));
    }

    #[test]
    fn what_was_not_sent_is_sent_at_the_end_and_a_collector_that_is_gone_stops_nothing() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listening = heard.clone();
        let post: Arc<Post> = Arc::new(move |uri: &str, headers: &[(&str, &str)], body: &[u8]| {
            let kind =
                headers.iter().find(|(name, _)| *name == "content-type").map(|(_, kind)| (*kind).to_owned());
            listening.lock().unwrap().push((uri.to_owned(), kind, body.len()));
            Ok(200)
        });
        let traces = Traces::to("http://127.0.0.1:4318/", "1.0.0", post).unwrap();
        traces.begin("GET", None, None).end(200);
        traces.stop();
        let heard = heard.lock().unwrap();
        let [(uri, kind, length)] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!(
            (uri.as_str(), kind.as_deref()),
            ("http://127.0.0.1:4318/v1/traces", Some("application/x-protobuf"))
        );
        assert!(*length > 50);

        let nobody: Arc<Post> = Arc::new(|_: &str, _: &[(&str, &str)], _: &[u8]| Err("gone".to_owned()));
        let gone = Traces::to("http://127.0.0.1:4318", "1.0.0", nobody).unwrap();
        gone.begin("GET", None, None).end(200);
        gone.stop();
    }
}
