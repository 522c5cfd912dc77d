//! Lines for machines: each names the request that it was written for.

use super::current::{self, Named};
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The JSON lines of `F`, with the request where a span would stand.
pub(crate) struct WithRequest<F>(pub(crate) F);

impl<S, N, F> FormatEvent<S, N> for WithRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(ctx, Writer::new(&mut line), event)?;
        let request = if ctx.lookup_current().is_none() { current::read(span) } else { None };
        match (line.strip_suffix("}\n"), request) {
            (Some(open), Some(request)) => writeln!(writer, "{open},{request}}}"),
            _ => writer.write_str(&line),
        }
    }
}

/// As a span is written. Neither an id, nor a method, nor a pattern of ours has anything to escape.
fn span(request: &Named) -> String {
    let Named { id, method, .. } = request;
    let path = request.path();
    format!(r#""span":{{"id":"{id}","method":"{method}","path":"{path}","name":"request"}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::current::within;
    use edge::{RequestId, TrustedProxies};
    use http::Method;
    use std::collections::BTreeSet;
    use std::io::Result;
    use std::sync::{Arc, Mutex, PoisonError};
    use tracing::instrument::WithSubscriber;

    #[derive(Clone, Default)]
    struct Caught(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Caught {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_line_names_the_request_that_it_was_written_for_and_no_other() {
        let caught = Caught::default();
        let writer = caught.clone();
        let json = tracing_subscriber::fmt().with_writer(move || writer.clone()).json().flatten_event(true);
        let json = json.with_current_span(true).with_span_list(false);
        let subscriber = json.map_event_format(WithRequest).finish();
        let named = || {
            let request = axum::extract::Request::default();
            let id = RequestId::of(&request, &TrustedProxies::default(), &accounts::SystemRng);
            (id.to_string(), Some(Named { id, method: Method::GET, path: None }))
        };
        let ((one, mut first), (other, mut second)) = (named(), named());
        async {
            let pause = async || {
                tracing::warn!(number = 1, "before");
                tokio::task::yield_now().await;
                tracing::warn!("after");
            };
            tokio::join!(within(&mut first, pause()), within(&mut second, pause()));
            tracing::warn!("outside");
        }
        .with_subscriber(subscriber)
        .await;
        let text = String::from_utf8(caught.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: BTreeSet<_> = lines
            .iter()
            .map(|line| (line["message"].as_str().unwrap(), line["span"]["id"].as_str()))
            .collect();
        let (one, other) = (Some(one.as_str()), Some(other.as_str()));
        let expected =
            [("before", one), ("before", other), ("after", one), ("after", other), ("outside", None)];
        assert_eq!((told, lines.len()), (BTreeSet::from(expected), 5));
        assert_eq!(lines[0]["span"]["name"], "request");
        assert_eq!((&lines[0]["span"]["method"], &lines[0]["span"]["path"]), (&"GET".into(), &"-".into()));
        assert!(first.is_some() && second.is_some(), "each has its own back");
    }
}
