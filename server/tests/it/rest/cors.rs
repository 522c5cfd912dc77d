//! Pages of other origins: those that the owner named, and all others.

use crate::actors::{Answer, ReadableBy};
use crate::app::App;
use axum::body::Body;
use edge::Origin;
use http::{Method, Request};
use serde_json::json;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World};

const APP: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

fn app(pool: PgPool) -> App {
    App::with(World::new(pool), |state| state.cors_origins = Arc::new([Origin::parse(APP).unwrap()]))
}

/// What a browser sends for a page of `origin`; the answer tells it that the page may read it, or not.
async fn ask(app: &App, request: http::request::Builder, origin: &str, body: &str, readable: bool) -> Answer {
    let mut request = request
        .header("origin", origin)
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "cors")
        .body(Body::from(body.to_owned()))
        .unwrap();
    if readable {
        request.extensions_mut().insert(ReadableBy(APP));
    }
    app.program().send(request).await
}

async fn preflight(app: &App, method: &str, path: &str, origin: &str, readable: bool) -> Answer {
    let request = Request::options(path)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization,content-type");
    ask(app, request, origin, "", readable).await
}

fn varies_by_origin(answer: &Answer) -> bool {
    answer.headers.get_all("vary").iter().any(|line| line.to_str().unwrap().contains("origin"))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_named_origin_s_page_signs_in_and_calls_the_api(pool: PgPool) {
    let app = app(pool);
    app.member("ana").await;
    let login = json!({ "email": "ana@example.com", "password": PASSWORD }).to_string();
    let json = "application/json";
    for (login_path, me) in
        [("/api/v1/auth/login", "/api/v1/users/me"), ("/api/auth/login", "/api/auth/me"), ("/login", "/me")]
    {
        let told = preflight(&app, "POST", login_path, APP, true).await.expect(200);
        assert!(told.header("access-control-allow-methods").unwrap().contains("POST"));
        let allowed = told.header("access-control-allow-headers").unwrap();
        for name in ["authorization", "content-type", "if-match", "if-none-match"] {
            assert!(allowed.split(',').any(|allowed| allowed == name), "{name} in {allowed}");
        }
        let request = app.program().request(&Method::POST, login_path).header("content-type", json);
        let pair = ask(&app, request, APP, &login, true).await.expect(200);
        assert!(varies_by_origin(&pair));
        let token = format!("Bearer {}", pair.json()["access_token"].as_str().unwrap());
        preflight(&app, "PUT", me, APP, true).await.expect(200);
        ask(&app, Request::get(me).header("authorization", token), APP, "", true).await.expect(200);
        // Refusals are readable, too.
        let refused = ask(&app, Request::get(me), APP, "", true).await.expect(401);
        let exposed = refused.header("access-control-expose-headers").unwrap();
        for name in
            ["etag", "retry-after", "www-authenticate", "ratelimit", "ratelimit-policy", "x-request-id"]
        {
            assert!(exposed.split(',').any(|exposed| exposed == name), "{name} in {exposed}");
        }
    }
    ask(&app, Request::get("/.well-known/jwks.json"), APP, "", true).await.expect(200);
    ask(&app, Request::get("/api/v1/nowhere"), APP, "", true).await.expect(404);
    ask(&app, Request::delete("/api/v1/auth/login"), APP, "", true).await.expect(405);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_origin_s_page_reads_nothing_and_spends_nothing(pool: PgPool) {
    let app = app(pool);
    app.member("ana").await;
    let before = (app.digest().await, app.tries().await);
    let others = [
        EVIL,
        "null",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://APP.example.com",
    ];
    for origin in others {
        for path in ["/api/v1/auth/login", "/api/auth/login", "/login", "/register"] {
            preflight(&app, "POST", path, origin, false).await;
            let request = app.program().request(&Method::POST, path);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = ask(&app, request, origin, "username=ana%40example.com&password=x", false).await;
            assert_eq!(answer.expect(403).code(), "cross_site", "{path} {origin}");
        }
        ask(&app, Request::get("/.well-known/jwks.json"), origin, "", false).await.expect(200);
    }
    let two = Request::get("/api/v1/users/me").header("origin", EVIL);
    assert_eq!(ask(&app, two, APP, "", false).await.expect(403).code(), "cross_site");
    assert_eq!((app.digest().await, app.tries().await), before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_and_the_cookie_family_are_nobody_else_s_whoever_was_named(pool: PgPool) {
    let app = app(pool);
    app.member("ana").await;
    let before = app.digest().await;
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/login", 200),
        ("GET", "/register", 200),
        ("GET", "/account", 303),
        ("POST", "/fn/login", 403),
        ("POST", "/fn/logout", 403),
        ("POST", "/auth/register", 403),
        ("POST", "/auth/login", 403),
        ("POST", "/auth/logout", 403),
        ("GET", "/auth/me", 403),
        ("GET", "/auth/logout", 403),
        ("GET", "/livez", 200),
    ] {
        let told = preflight(&app, method, path, APP, false).await;
        assert_eq!(told.header("access-control-allow-methods"), None, "{path}");
        let request = Request::builder().method(method).uri(path);
        ask(&app, request, APP, "", false).await.expect(status);
    }
    assert_eq!(app.digest().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn unless_somebody_is_named_nobody_is(pool: PgPool) {
    let app = App::new(pool);
    preflight(&app, "GET", "/api/v1/users/me", APP, false).await.expect(405);
    let answer = ask(&app, Request::get("/api/v1/users/me"), APP, "", false).await.expect(403);
    assert!(!varies_by_origin(&answer));
}
