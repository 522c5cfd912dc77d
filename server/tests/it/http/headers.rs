//! Promise P11: headers on every answer ([`crate::actors::send`] checks each one that any test sees),
//! and a policy with a fresh nonce on every page.

use crate::actors::Answer;
use crate::app::{App, HASHED};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Method;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy").unwrap();
    let (_, rest) = policy.split_once("'nonce-").unwrap();
    rest.split_once('\'').unwrap().0.to_owned()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_kind_of_answer_carries_them(pool: PgPool) {
    let more = Router::new()
        .route("/panic", get(async || -> () { panic!("on purpose") }))
        .route("/never", get(std::future::pending::<()>));
    let mut app = App::new(pool);
    app.state.request_timeout = Duration::from_millis(200);
    let app = app.serving(more);
    let mut browser = app.browser();
    for (path, status) in [
        ("/", 200),
        ("/account", 303),
        ("/nothing", 404),
        ("/fn/login", 405),
        ("/never", 503),
        ("/panic", 500),
        ("/livez", 200),
        (HASHED, 200),
        ("/pkg/missing.js", 404),
    ] {
        browser.get(path).await.expect(status);
        let mut api = browser.clone().with("accept", "application/json");
        api.get(path).await.expect(status);
    }
    let form = "application/x-www-form-urlencoded";
    for accept in ["text/html", "application/json"] {
        browser.post_raw("/fn/login", accept, form, vec![b'a'; 20_000]).await.expect(413);
        browser.post_raw("/fn/login", accept, "text/plain", "a").await.expect(415);
        browser.post_raw("/account", accept, form, "a").await.expect(405);
        browser.post_raw("/login", accept, form, "a").await.expect(422);
        browser.post_raw("/nothing", accept, form, "a").await.expect(404);
    }
    browser.call("/fn/login", &[]).await.expect(422);
    let modified = browser.get("/favicon.svg").await.expect(200);
    let tag = modified.header("etag").unwrap();
    browser.clone().with("if-none-match", tag).get("/favicon.svg").await.expect(304);
    let options = browser.request(&Method::OPTIONS, "/fn/login", "*/*").body(Body::empty()).unwrap();
    browser.send(options).await.expect(405);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_runs_its_own_scripts_and_no_other(pool: PgPool) {
    let app = App::new(pool);
    let page = app.browser().get("/login").await.expect(200);
    let nonce = nonce(&page);
    let policy = page.header("content-security-policy").unwrap();
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
             base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri /csp-report; report-to csp"
        )
    );
    let scripts: Vec<_> = page.text.match_indices("<script").map(|(at, _)| &page.text[at..]).collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        let tag = &script[..script.find('>').unwrap()];
        assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{tag}");
    }
    assert!(
        !page.text.contains(" style=") && !page.text.contains("<style"),
        "style-src 'self' would block it"
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_nonce_comes_twice(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let mut nonces = BTreeSet::new();
    for path in ["/", "/account", "/account/security", "/nothing"].repeat(5) {
        nonces.insert(nonce(&ana.get(path).await));
    }
    assert_eq!(nonces.len(), 20);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_is_no_page_may_load_nothing(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    for path in ["/livez", HASHED, "/favicon.svg", "/login"] {
        assert_eq!(ana.get(path).await.header("content-security-policy"), Some(NO_PAGE), "{path}");
    }
    let answer = ana.call("/fn/profile/load", &[]).await.expect(200);
    assert_eq!(answer.header("content-security-policy"), Some(NO_PAGE));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn only_the_development_server_talks_to_the_reloader(pool: PgPool) {
    let app = App::with(testkit::World::new(pool), |state| state.watched = true);
    let page = app.browser().get("/login").await.expect(200);
    assert!(
        page.header("content-security-policy").unwrap().contains("connect-src 'self' ws://localhost:3001")
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_request_id_of_a_proxy_is_kept_and_any_other_replaced(pool: PgPool) {
    let id = "0192f0c1-2d3e-7abc-8def-0123456789ab";
    let app = App::with(testkit::World::new(pool.clone()), |state| state.proxies = Arc::default());
    let answer = app.browser().with("x-request-id", id).get("/livez").await;
    assert_ne!(answer.header("x-request-id"), Some(id), "no proxy is trusted");
    let app = App::with(testkit::World::new(pool), |state| {
        state.proxies = Arc::new("127.0.0.1".parse().unwrap());
    });
    let answer = app.browser().with("x-request-id", id).get("/livez").await;
    assert_eq!(answer.header("x-request-id"), Some(id));
    let answer = app.browser().with("x-request-id", "x\" onload=\"").get("/livez").await;
    assert_eq!(answer.header("x-request-id").unwrap().len(), 36);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_gallery_is_for_development_alone(pool: PgPool) {
    App::https(pool.clone()).browser().get("/dev/gallery").await.expect(404);
    let gallery = App::new(pool).browser().get("/dev/gallery").await.expect(200);
    assert!(gallery.is_html() && !gallery.text.contains("<script"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_pages_that_show_the_api_run_our_files_and_no_other(pool: PgPool) {
    for app in [App::new(pool.clone()), App::https(pool)] {
        for path in ["/docs", "/redoc"] {
            let page = app.browser().get(path).await.expect(200);
            let policy = page.header("content-security-policy").unwrap();
            let loads: Vec<_> = policy.split("; ").take(7).collect();
            assert_eq!(
                loads,
                [
                    "default-src 'none'",
                    "script-src 'self'",
                    "style-src 'self' 'unsafe-inline'",
                    "img-src 'self' data:",
                    "font-src 'self' data:",
                    "connect-src 'self'",
                    "worker-src blob:",
                ],
                "{path}"
            );
            assert!(!page.text.contains("://") && !page.text.contains("<script>"), "{path}");
            for name in page.text.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let file = format!("{}/../public{name}", env!("CARGO_MANIFEST_DIR"));
                assert!(std::path::Path::new(&file).is_file(), "{file}");
            }
        }
    }
}
