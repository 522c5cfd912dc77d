//! The paths of other services: what tells them apart from each other and from the pages.

use crate::actors::{Answer, Program, send};
use crate::app::App;
use axum::body::Body;
use http::{Method, Request};
use serde_json::json;
use server::Compat;
use sqlx::PgPool;
use testkit::{PASSWORD, World};
use time::Duration;

/// Everything the database holds: here even a session's last use stands still.
async fn digest(app: &App) -> String {
    let sql = "SELECT coalesce(string_agg(s::text, '|' ORDER BY id), '') FROM sessions s";
    let sessions: String = sqlx::query_scalar(sql).fetch_one(&app.world.pool).await.unwrap();
    format!("{} {sessions}", app.digest().await)
}

/// A request with a cookie and exactly these headers.
async fn with(app: &App, cookie: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("cookie", cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(&app.router(), request.body(Body::empty()).unwrap()).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_cookie_of_the_api_opens_the_family_and_nothing_else(pool: PgPool) {
    let app = App::new(pool);
    let mut browser = app.member("ana").await;
    let cookie = app.cookie_of("ana").await;
    assert_eq!(
        with(&app, &cookie, "GET", "/auth/me", &[]).await.expect(200).json()["email"],
        "ana@example.com"
    );
    let jwt = cookie.strip_prefix("token=").unwrap();
    for name in ["token", "session-token", "__Host-token"] {
        let planted = format!("{name}={jwt}");
        assert!(
            with(&app, &planted, "GET", "/account", &[])
                .await
                .expect(303)
                .location()
                .unwrap()
                .starts_with("/login")
        );
        for path in ["/api/v1/users/me", "/api/auth/me", "/me"] {
            assert_eq!(with(&app, &planted, "GET", path, &[]).await.expect(401).code(), "sign_in_needed");
        }
    }
    let bearer = format!("Bearer {jwt}");
    for path in ["/api/v1/users/me", "/api/auth/me", "/me"] {
        let answer = with(&app, "a=b", "GET", path, &[("authorization", &bearer)]).await.expect(401);
        assert_eq!(answer.code(), "invalid_token", "{path}");
    }
    // A page's cookie, and a bearer token, under the family's name.
    let page = browser.cookies["session-token"].clone();
    let access = app.member_program("eve").await.token.unwrap();
    for other in [page, access] {
        with(&app, &format!("token={other}"), "GET", "/auth/me", &[]).await.expect(401);
    }
    browser.get("/auth/me").await.expect(401);
    browser.get("/account").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn over_https_the_cookie_is_secure_and_a_new_sign_in_ends_the_old(pool: PgPool) {
    let app = App::https(pool);
    app.member("ana").await;
    let first = app.cookie_of("ana").await;
    let login = json!({ "email": "ana@example.com", "password": PASSWORD }).to_string();
    let request = app.program().request(&Method::POST, "/auth/login").header("cookie", &first);
    let request = request.header("content-type", "application/json").body(login.into()).unwrap();
    let answer = app.program().send(request).await.expect(200);
    let line = answer.set_cookie("token").unwrap();
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{line}");
    with(&app, &first, "GET", "/auth/me", &[]).await.expect(401);
    with(&app, line.split(';').next().unwrap(), "GET", "/auth/me", &[]).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_living_session_of_the_family_gets_a_fresh_token_once_a_minute(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let cookie = app.cookie_of("ana").await;
    assert_eq!(with(&app, &cookie, "GET", "/auth/me", &[]).await.expect(200).set_cookie("token"), None);
    app.world.clock.advance(Duration::minutes(40));
    let renewed = with(&app, &cookie, "GET", "/auth/me", &[]).await.expect(200);
    let fresh = renewed.set_cookie("token").unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(fresh, cookie);
    app.world.clock.advance(Duration::minutes(40));
    let answer = with(&app, &fresh, "POST", "/auth/logout", &[]).await.expect(204);
    assert!(answer.set_cookie("token").unwrap().starts_with("token=; Max-Age=0;"));
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1, "no renewal brings it back");
    assert_eq!(answer.header("clear-site-data"), Some("\"storage\""));
    with(&app, &fresh, "GET", "/auth/me", &[]).await.expect(401);
    app.world.clock.advance(Duration::days(7));
    assert!(app.world.accounts.sweep(app.world.accounts.now()).await.unwrap() > 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_page_elsewhere_acts_by_the_family_s_cookie(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let cookie = app.cookie_of("ana").await;
    let before = digest(&app).await;
    let foreign: [&[(&str, &str)]; 6] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:8000")],
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("accept", "text/html")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:8001")],
        &[("origin", "null")],
    ];
    for from in foreign {
        for path in ["/auth/register", "/auth/login", "/auth/logout"] {
            assert_eq!(
                with(&app, &cookie, "POST", path, from).await.expect(403).code(),
                "cross_site",
                "{path} {from:?}"
            );
        }
    }
    assert_eq!(digest(&app).await, before);
    with(&app, &cookie, "GET", "/auth/me", &[]).await.expect(200);
    for own in [&[("sec-fetch-site", "same-origin")][..], &[("origin", "http://localhost:8000")]] {
        let cookie = app.cookie_of("ana").await;
        with(&app, &cookie, "POST", "/auth/logout", own).await.expect(204);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_get_signs_out_for_programs_alone(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let cookie = app.cookie_of("ana").await;
    let before = digest(&app).await;
    let (site, mode, accept) = ("sec-fetch-site", "sec-fetch-mode", ("accept", "text/html,*/*"));
    let browsers: [(&[(&str, &str)], u16); 11] = [
        (&[(site, "cross-site"), (mode, "no-cors"), ("sec-fetch-dest", "image")], 403),
        (&[(site, "same-site"), (mode, "cors")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[(site, "same-origin"), (mode, "no-cors"), ("sec-fetch-dest", "image")], 405),
        (&[("purpose", "prefetch")], 405),
        (&[("referer", "https://evil.example/")], 405),
        (&[("accept-language", "en")], 405),
        (&[("sec-purpose", "prefetch")], 405),
        (&[("sec-purpose", "prefetch;prerender"), (mode, "navigate"), accept], 200),
        (&[(site, "cross-site"), (mode, "navigate"), accept], 200),
        (&[accept], 200),
    ];
    for (headers, status) in browsers {
        let answer = with(&app, &cookie, "GET", "/auth/logout", headers).await.expect(status);
        assert_eq!(answer.is_html(), status == 200, "{headers:?}");
        assert!(answer.set_cookie("token").is_none());
    }
    with(&app, &cookie, "HEAD", "/auth/logout", &[]).await.expect(405);
    assert_eq!(digest(&app).await, before);
    with(&app, &cookie, "GET", "/auth/me", &[]).await.expect(200);
    with(&app, &cookie, "GET", "/auth/logout", &[("accept", "*/*")]).await.expect(204);
    with(&app, &cookie, "GET", "/auth/me", &[]).await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_is_asked_and_its_plain_form_signs_out(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let mut browser = app.browser();
    browser
        .post_raw(
            "/auth/login",
            "*/*",
            "application/json",
            json!({ "email": "ana@example.com", "password": PASSWORD }).to_string(),
        )
        .await
        .expect(200);
    let page = browser.get("/auth/logout").await.expect(200);
    let text = page.text.replace("<!>", "");
    assert!(page.is_html() && text.contains("<h1>Sign out?</h1>"), "{text}");
    assert!(text.contains("<form method=\"post\" action=\"/auth/logout\">") && !text.contains("<script"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self'") && policy.contains("script-src 'none'"), "{policy}");
    assert!(page.text.contains("Harbour") && !page.text.contains("Doorstep"));
    assert_eq!(browser.post("/auth/logout", &[]).await.expect(303).location(), Some("/"));
    assert!(!browser.cookies.contains_key("token"));
    assert_eq!(browser.post("/auth/logout", &[]).await.expect(303).location(), Some("/"), "nobody is left");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn swagger_s_fields_are_taken_wherever_somebody_signs_in(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let form = format!(
        "grant_type=password&username=ana%40example.com&password={}&scope=&client_id=&client_secret=",
        PASSWORD.replace(' ', "+")
    );
    for path in ["/auth/login", "/api/v1/auth/login", "/api/auth/login", "/login"] {
        let request = app.program().request(&Method::POST, path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        app.program().send(request.body(form.clone().into()).unwrap()).await.expect(200);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_pages_keep_their_addresses(pool: PgPool) {
    let app = App::new(pool);
    for path in ["/login", "/register"] {
        let page = app.browser().get(path).await.expect(200);
        assert!(page.is_html() && page.text.contains("action=\"/fn/"), "{path}");
        let mut plain = app.browser();
        let answer =
            plain.post(path, &[("password", "x")]).await.expect(if path == "/login" { 422 } else { 415 });
        assert_eq!(answer.problem().status, answer.status.as_u16(), "a problem document, whoever reads it");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_family_that_is_off_is_not_there(pool: PgPool) {
    let app = App::with(World::new(pool), |state| state.compat = Compat::NONE);
    let ana = app.member_program("ana").await;
    let calls = [
        "POST /auth/register",
        "POST /auth/login",
        "GET /auth/me",
        "GET /auth/logout",
        "POST /auth/logout",
        "POST /api/auth/register",
        "POST /api/auth/login",
        "GET /api/auth/me",
        "GET /me",
        "PUT /me",
    ];
    for (method, path) in calls.iter().filter_map(|call| call.split_once(' ')) {
        let answer = ana.call(method, path, &json!({})).await.expect(404);
        assert_eq!(answer.code(), "not_found", "{path}");
    }
    for path in ["/login", "/register"] {
        assert_eq!(ana.call("POST", path, &json!({})).await.expect(405).header("allow"), Some("GET,HEAD"));
        app.browser().get(path).await.expect(200);
    }
    for path in ["/auth/me", "/auth/logout", "/me"] {
        assert!(app.browser().get(path).await.expect(404).is_html(), "{path}");
    }
    one_by_one(&app, &ana).await;
}

async fn one_by_one(app: &App, ana: &Program) {
    let families = [
        (Compat { cookie: true, ..Compat::NONE }, "/auth/me", 401),
        (Compat { oauth2: true, ..Compat::NONE }, "/api/auth/me", 200),
        (Compat { root: true, ..Compat::NONE }, "/me", 200),
    ];
    for (compat, own, status) in families {
        let mut state = app.state.clone();
        state.compat = compat;
        let router = server::app::router(state);
        for (_, path, _) in families {
            let expected = if path == own { status } else { 404 };
            let request = ana.request(&Method::GET, path).body(Body::empty()).unwrap();
            send(&router, request).await.expect(expected);
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_signed_in_before_gets_in_while_strangers_guess(pool: PgPool) {
    let app = App::https(pool);
    app.member("ana").await;
    let login = |password: &str| json!({ "email": "ana@example.com", "password": password });
    let known = app.program().post("/auth/login", login(PASSWORD)).await.expect(200);
    let device = known.set_cookie("__Host-device").unwrap();
    assert!(device.contains("; HttpOnly; SameSite=Lax; Secure"), "{device}");
    for _ in 0..4 {
        app.program().post("/auth/login", login("not the password")).await.expect(401);
    }
    app.program().post("/auth/login", login(PASSWORD)).await.expect(429);
    for (path, status) in [("/auth/login", 200), ("/api/v1/auth/login", 429)] {
        let request = app.program().request(&Method::POST, path).header("content-type", "application/json");
        let request = request.header("cookie", device.split(';').next().unwrap());
        app.program().send(request.body(login(PASSWORD).to_string().into()).unwrap()).await.expect(status);
        for _ in 0..4 {
            app.program().post("/auth/login", login("not the password")).await;
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_gets_in_by_its_device_token_while_strangers_guess(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let login = |password: &str| json!({ "email": "ana@example.com", "password": password });
    let bring = async |path: &str, token: &str| {
        let program = app.program();
        let request = program.request(&Method::POST, path).header("content-type", "application/json");
        let request = request.header("x-device-token", token).body(login(PASSWORD).to_string().into());
        program.send(request.unwrap()).await
    };
    let plain = app.program().post("/api/v1/auth/login", login(PASSWORD)).await.expect(200);
    assert_eq!(plain.header("x-device-token"), None, "nobody asked");
    let asked = bring("/api/v1/auth/login", "new").await.expect(200);
    let token = asked.header("x-device-token").unwrap();
    for _ in 0..4 {
        app.program().post("/api/v1/auth/login", login("not the password")).await.expect(401);
    }
    for path in ["/api/v1/auth/login", "/api/auth/login", "/login"] {
        assert_eq!(bring(path, token).await.expect(200).header("x-device-token"), Some(token));
        for unknown in ["new", "", &"A".repeat(43)] {
            assert_eq!(bring(path, unknown).await.expect(429).header("x-device-token"), None);
        }
    }
}
