//! Promise P15: the address in the audit trail is the client's, whatever headers it sends.

use crate::app::App;
use axum::body::Body;
use axum::extract::ConnectInfo;
use sqlx::PgPool;
use std::net::SocketAddr;
use std::sync::Arc;

/// Signs somebody out from `peer` with this header, and says which address was written down.
async fn seen_from(app: &App, peer: &str, forwarded: &str) -> String {
    let name = format!("n{}", app.world.count("SELECT count(*) FROM users").await);
    let mut browser = app.member(&name).await;
    // The trail is ordered by time, and the clock stands still.
    app.world.clock.advance(time::Duration::seconds(1));
    let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
    let form = browser.hidden_fields("/fn/logout").await.with(&[]);
    let mut request = browser.request(&http::Method::POST, "/fn/logout", "application/json");
    request = request.header("content-type", "application/x-www-form-urlencoded");
    if !forwarded.is_empty() {
        request = request.header("x-forwarded-for", forwarded);
    }
    let request = request.extension(ConnectInfo(peer)).body(Body::from(form)).unwrap();
    browser.send(request).await.expect(200);
    let sql = "SELECT d.address FROM audit_events e JOIN audit_details d ON d.event_id = e.id
               WHERE d.address IS NOT NULL ORDER BY e.at DESC LIMIT 1";
    sqlx::query_scalar(sql).fetch_one(&app.world.pool).await.unwrap()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_trusted_proxies_the_header_means_nothing(pool: PgPool) {
    let app = App::new(pool);
    assert_eq!(seen_from(&app, "203.0.113.9", "6.6.6.6").await, "203.0.113.9");
    assert_eq!(seen_from(&app, "[::ffff:203.0.113.9]", "").await, "203.0.113.9");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn behind_a_trusted_proxy_the_last_untrusted_address_counts(pool: PgPool) {
    let app = App::with(testkit::World::new(pool), |state| {
        state.proxies = Arc::new("10.0.0.0/8".parse().unwrap());
    });
    assert_eq!(seen_from(&app, "10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2").await, "198.51.100.7");
    assert_eq!(seen_from(&app, "10.0.0.1", "nonsense").await, "10.0.0.1");
    assert_eq!(seen_from(&app, "203.0.113.9", "6.6.6.6").await, "203.0.113.9");
}
