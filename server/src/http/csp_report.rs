//! Browsers' reports of what the Content-Security-Policy blocked, one log line each.

use super::body;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use domain::Code;
use edge::problem::refusal;
use http::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::timeout;

const MAX_BYTES: usize = 16 * 1024;
/// A browser sends them in one go.
const MAX_TIME: Duration = Duration::from_secs(2);
/// Anyone may send them, so their number is limited.
const MAX_LINES: usize = 60;
/// The sender writes the text of a report, so it is shortened.
const MAX_TEXT: usize = 200;

/// How many lines the reports of this minute have written. Two at once at the turn of a minute may
/// write a few more.
#[derive(Default)]
struct Quota {
    minute: AtomicI64,
    lines: AtomicUsize,
}

impl Quota {
    fn admits(&self, minute: i64) -> bool {
        if self.minute.swap(minute, Relaxed) != minute {
            self.lines.store(0, Relaxed);
        }
        self.lines.fetch_add(1, Relaxed) < MAX_LINES
    }
}

pub(crate) fn route() -> MethodRouter<AppState> {
    let quota = Arc::new(Quota::default());
    post(async move |State(state): State<AppState>, body: Body| {
        let minute = state.accounts.now().unix_timestamp() / 60;
        take(body, MAX_TIME.min(state.request_timeout / 2), || quota.admits(minute)).await
    })
}

async fn take(stream: Body, time: Duration, admits: impl Fn() -> bool) -> Response {
    match timeout(time, body::read(stream, MAX_BYTES)).await.unwrap_or(Err(Code::TimedOut)) {
        Ok(bytes) => {
            let reports = serde_json::from_slice(&bytes).map(reports).unwrap_or_default();
            reports.iter().take_while(|_| admits()).for_each(log);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(code) => refusal(code),
    }
}

/// `report-to` sends a list of reports with a `body` each, the older `report-uri` a single one.
fn reports(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => {
            list.into_iter().filter_map(|mut report| report.get_mut("body").map(Value::take)).collect()
        }
        mut single => single.get_mut("csp-report").map(Value::take).into_iter().collect(),
    }
}

fn log(report: &Value) {
    let text = |names: [&str; 2]| {
        let text = names.iter().find_map(|name| report.get(name)?.as_str()).unwrap_or_default();
        without_query(text).chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect::<String>()
    };
    tracing::warn!(
        directive = text(["effectiveDirective", "effective-directive"]),
        blocked = text(["blockedURL", "blocked-uri"]),
        document = text(["documentURL", "document-uri"]),
        "content security policy"
    );
}

/// Query strings and fragments may hold secrets.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_kinds_of_report_are_read() {
        assert_eq!(reports(json!([{ "body": { "a": 1 } }, {}])), [json!({ "a": 1 })]);
        assert_eq!(reports(json!({ "csp-report": { "a": 1 } })), [json!({ "a": 1 })]);
        assert!(reports(json!("x")).is_empty());
    }

    #[test]
    fn a_minute_has_so_many_lines_and_no_more() {
        let quota = Quota::default();
        assert_eq!((0..1_000).filter(|_| quota.admits(7)).count(), MAX_LINES);
        assert!(quota.admits(8));
    }

    #[test]
    fn a_query_string_is_not_logged() {
        assert_eq!(without_query("https://a.example/reset?x=1#token"), "https://a.example/reset");
    }
}
