//! The log of a process.

use super::commands::{send, start, url};
use sqlx::PgPool;

/// Lines of answers are collected: a signal comes before they are due.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_signal_loses_no_line_of_the_log(pool: PgPool) {
    let server = start(&url(&pool), &[]);
    for _ in 0..40 {
        server.get("/livez", "Connection: close\r\n");
    }
    send("-TERM", &server.process);
    let lines = server.ended();
    assert!(lines.last().unwrap().contains("\"stopped\""));
    let lines = lines.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let answered: Vec<_> = lines.filter(|line| line["message"] == "answered").collect();
    assert_eq!(answered.len(), 40);
    for line in answered {
        assert_eq!((&line["level"], &line["target"]), (&"INFO".into(), &"server::http::trace".into()));
        assert_eq!((&line["method"], &line["path"]), (&"GET".into(), &"/livez".into()));
        assert_eq!(line["status"], 200);
        assert!(line["milliseconds"].as_f64().is_some_and(|took| took > 0.0), "{line}");
        assert_eq!(line["id"].as_str().unwrap().len(), 36);
        assert_eq!(line["timestamp"].as_str().unwrap().len(), "2026-11-28T09:34:46.000304Z".len());
    }
}
