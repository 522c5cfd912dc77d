use axum::extract::MatchedPath;
use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// From half a millisecond to four seconds, each twice as long as the one before.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 14))
}

/// The answers of this server.
pub(super) struct Requests {
    answers: Family<Answer, Counter>,
    seconds: Family<RouteLabel, Histogram, fn() -> Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: Route,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: Route,
}

/// The pattern of a path that this server knows; of any other, `-`.
#[derive(Debug, Clone)]
struct Route(Option<MatchedPath>);

impl Route {
    fn as_str(&self) -> &str {
        self.0.as_ref().map_or("-", MatchedPath::as_str)
    }
}

impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.as_str().encode(encoder)
    }
}

impl Requests {
    pub(super) fn registered(registry: &mut Registry) -> Self {
        let answers = Family::<Answer, Counter>::default();
        let seconds =
            Family::<RouteLabel, Histogram, _>::new_with_constructor(histogram as fn() -> Histogram);
        registry.register("http_requests", "Requests answered", answers.clone());
        let help = "How long answers took, until their first byte";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, seconds.clone());
        Self { answers, seconds }
    }

    pub(super) fn answered(
        &self,
        method: &Method,
        route: Option<&MatchedPath>,
        status: StatusCode,
        after: Duration,
    ) {
        let route = Route(route.cloned());
        let answer = Answer { method: known(method), route: route.clone(), status: status.as_u16() };
        self.answers.get_or_create(&answer).inc();
        self.seconds.get_or_create(&RouteLabel { route }).observe(after.as_secs_f64());
    }
}

/// A client may write any word as its method.
pub(crate) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
