//! What Prometheus is told, and what it is not.

use crate::app::App;
use serde_json::json;
use server::metrics::Metrics;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use testkit::{PASSWORD, World};
use tokio::time::timeout;

fn measured(pool: PgPool) -> App {
    App::with(World::new(pool), |state| state.metrics = Some(Arc::default()))
}

async fn text(app: &App) -> String {
    let metrics: &Metrics = app.state.metrics.as_ref().unwrap();
    metrics.text(&app.world.accounts).await.unwrap()
}

#[track_caller]
fn says(text: &str, line: &str) {
    assert!(text.lines().any(|said| said == line), "no {line} in\n{text}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn answers_sign_ins_and_what_is_in_use_are_counted(pool: PgPool) {
    let app = measured(pool);
    let program = app.member_program("ana").await;
    let wrong = json!({ "email": "ana@example.com", "password": "not it at all" });
    program.post("/api/v1/auth/login", wrong).await.expect(401);
    program.get("/api/v1/users/me").await.expect(200);
    app.member("ben").await;
    let text = text(&app).await;
    for line in [
        "doorstep_http_requests_total{method=\"POST\",route=\"/api/v1/auth/login\",status=\"200\"} 1",
        "doorstep_http_requests_total{method=\"POST\",route=\"/api/v1/auth/login\",status=\"401\"} 1",
        "doorstep_http_request_duration_seconds_count{route=\"/api/v1/users/me\"} 1",
        "doorstep_sign_ins_total{factors=\"pwd\"} 2",
        "doorstep_audit_events_total{kind=\"registered\"} 2",
        "doorstep_audit_events_total{kind=\"sign_in_failed\"} 1",
        "doorstep_password_hashing{state=\"waiting\"} 0",
        "doorstep_outbox_mails 2",
    ] {
        says(&text, line);
    }
    let hashes = text.lines().find_map(|line| line.strip_prefix("doorstep_password_hashes_total "));
    assert_eq!(hashes.unwrap().parse::<u64>().unwrap(), app.world.accounts.hash_count());
    assert!(text.ends_with("# EOF\n"), "{text}");
}

/// A label for each thing that somebody types would fill the memory of whoever keeps the metrics, and tell them secrets.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_label_is_what_a_client_wrote(pool: PgPool) {
    let app = measured(pool);
    let mut browser = app.browser();
    for path in ["/canary-1", "/api/v1/users/canary-2", "/login?next=canary-3", "/reset?token=canary-4"] {
        browser.get(path).await;
    }
    let id = "/api/v1/users/0192f0c1-2d3e-7abc-8def-0123456789ab";
    app.member_program("canary-5").await.get(id).await.expect(403);
    let request = http::Request::builder().method("CANARY").uri("/livez").body(axum::body::Body::empty());
    tower::ServiceExt::oneshot(app.router(), request.unwrap()).await.unwrap();
    let text = text(&app).await;
    for secret in ["canary", "CANARY", "0192f0c1", PASSWORD, "example.com"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    says(&text, "doorstep_http_requests_total{method=\"other\",route=\"/livez\",status=\"405\"} 1");
    says(&text, "doorstep_http_requests_total{method=\"GET\",route=\"-\",status=\"404\"} 1");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn people_are_not_shown_metrics(pool: PgPool) {
    let app = measured(pool);
    app.browser().get("/metrics").await.expect(404);
    let own = server::metrics::router(app.world.accounts.clone(), app.state.metrics.clone().unwrap());
    let request = http::Request::builder().uri("/metrics").body(axum::body::Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(own, request).await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/// Prometheus would call the server down, and know nothing of it, just while its database is in trouble. This one has no time
/// limit on statements: what waits for the table would wait for good.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn all_but_the_backlog_is_told_while_the_database_hangs(pool: PgPool) {
    let app = measured(pool);
    let mut lock = app.world.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    // The usual pair of them.
    let both = async { tokio::join!(text(&app), text(&app)) };
    let (one, other) = timeout(Duration::from_secs(30), both).await.expect("they wait for the table");
    for told in [one, other] {
        says(&told, "doorstep_password_hashing{state=\"waiting\"} 0");
        assert!(!told.contains("doorstep_outbox"), "{told}");
    }
    lock.rollback().await.unwrap();
    says(&text(&app).await, "doorstep_outbox_mails 0");
}

/// The document names each metric that there is, and the dashboard and the alerts name no other.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_metric_is_documented_and_no_other_is_used(pool: PgPool) {
    let app = measured(pool);
    app.member("ana").await;
    let text = text(&app).await;
    let told: BTreeSet<String> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(family).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let rows = read("docs/metrics.md");
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let rows = rows.map(|(name, _)| name).filter(|name| !name.starts_with("Doorstep"));
    let documented: BTreeSet<String> = rows.map(bare).collect();
    // There is no Redis here.
    let redis = BTreeSet::from(["doorstep_redis_up".to_owned()]);
    assert_eq!(documented, &told | &redis);
    for file in ["deploy/prometheus/alerts.yml", "deploy/prometheus/dashboard.json"] {
        let named = names(&read(file));
        assert!(!named.is_empty() && named.is_subset(&documented), "{file}: {:?}", &named - &documented);
    }
}

/// `NAME KIND`; the unit is part of the name already.
fn family(line: &str) -> String {
    line.split_once(' ').unwrap().0.to_owned()
}

/// Without what a counter's or a histogram's samples add.
fn bare(name: &str) -> String {
    let ends = ["_total", "_bucket", "_count", "_sum", "_info"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
}

fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("doorstep_") || word.starts_with("process_")).map(bare).collect()
}
