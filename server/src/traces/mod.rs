//! Spans of requests for an OpenTelemetry collector: there in a build with the cargo feature `otel`, nothing in any other.
//! docs/metrics.md says how to turn them on.

#[cfg(not(feature = "otel"))]
mod off;
#[cfg(feature = "otel")]
mod on;

#[cfg(not(feature = "otel"))]
pub(crate) use off::{Traced, begin, start, stop};
#[cfg(feature = "otel")]
pub(crate) use on::{Traced, begin, start, stop};
