//! Promise P9: no cross-site request changes state, and no GET writes.

use crate::actors::{Answer, Browser, send};
use crate::app::App;
use axum::body::Body;
use http::{Method, Request};
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;

const OWN: &str = "http://localhost:8000";

/// A signed-in form post with exactly these headers about where it comes from.
async fn post(app: &App, ana: &Browser, path: &str, from: &[(&str, &str)]) -> Answer {
    let cookie =
        ana.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let mut request = Request::post(path)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded");
    if !cookie.is_empty() {
        request = request.header("cookie", cookie);
    }
    for (name, value) in from {
        request = request.header(*name, *value);
    }
    let hidden = ana.hidden_fields(path).await;
    let body = hidden.with(if path == "/fn/profile/save" { &[("form[name]", "Mallory")] } else { &[] });
    send(&app.router(), request.body(Body::from(body)).unwrap()).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_server_function_refuses_other_sites(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member("ana").await;
    let stranger = app.browser();
    let before = app.digest().await;
    let foreign: [&[(&str, &str)]; 9] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", OWN)],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:8001")],
        &[("origin", "null")],
        &[("origin", OWN), ("origin", "https://evil.example")],
    ];
    for (path, _) in server_fn_paths() {
        for from in foreign {
            for who in [&ana, &stranger] {
                let answer = post(&app, who, path, from).await.expect(403);
                assert_eq!(answer.code(), "cross_site", "{path} {from:?}");
            }
        }
    }
    assert_eq!(app.digest().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn our_own_pages_are_let_through(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member("ana").await;
    let own: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", OWN)],
        &[("origin", OWN), ("sec-fetch-site", "same-origin")],
    ];
    for from in own {
        post(&app, &ana, "/fn/profile/save", from).await.expect(200);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_plain_post_is_a_page_of_that_status(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await.with("sec-fetch-site", "cross-site");
    let answer = ana.post("/fn/logout", &[]).await.expect(403);
    assert!(answer.is_html() && answer.text.contains("Request blocked"));
    assert!(answer.set_cookie("session-token").is_none());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_get_writes(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let before = app.digest().await;
    app.world.clock.advance(time::Duration::minutes(40));
    let pages = app::routes::PAGES.iter().map(|page| page.path);
    let others = ["/livez", "/readyz", "/nothing", "/csp-report"];
    let well_known = ["/.well-known/change-password", "/.well-known/passkey-endpoints"];
    for path in pages.chain(others).chain(well_known) {
        ana.get(path).await;
    }
    for (path, _) in server_fn_paths() {
        ana.get(&format!("{path}?form[name]=Mallory")).await.expect(405);
        let head = ana.request(&Method::HEAD, path, "*/*").body(Body::empty()).unwrap();
        ana.send(head).await.expect(405);
    }
    assert_eq!(app.digest().await, before);
}
