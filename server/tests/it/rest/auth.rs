use crate::app::App;
use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_whole_way_of_a_program(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.program();
    let account = json!({ "email": "ana@example.com", "username": "ana", "password": PASSWORD, "first_name": "Ana",
                          "last_name": "Ilves", "name": null });
    let user = ana.post("/api/v1/auth/register", account.clone()).await.expect(201).json();
    assert_eq!((user["name"].as_str(), user["role"].as_str()), (Some("Ana Ilves"), Some("user")));
    assert!(user.get("password").is_none() && user.get("password_hash").is_none());
    assert_eq!(ana.post("/api/v1/users", account).await.expect(409).code(), "taken");

    let pair =
        ana.post("/api/v1/auth/login", json!({ "username": "ANA", "password": PASSWORD })).await.expect(200);
    assert!(pair.header("set-cookie").is_none(), "token paths set no cookie");
    let pair = pair.json();
    assert_eq!((pair["token_type"].as_str(), pair["expires_in"].as_u64()), (Some("bearer"), Some(1800)));
    ana.token = pair["access_token"].as_str().map(str::to_owned);
    assert_eq!(ana.get("/api/v1/users/me").await.expect(200).json()["id"], user["id"]);

    let renewed = ana.post("/api/v1/auth/refresh", json!({ "refresh_token": pair["refresh_token"] })).await;
    let renewed = renewed.expect(200).json();
    ana.token = renewed["access_token"].as_str().map(str::to_owned);
    ana.post("/api/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(ana.get("/api/v1/users/me").await.expect(401).code(), "invalid_token");
    let dead = ana.post("/api/v1/auth/refresh", json!({ "refresh_token": renewed["refresh_token"] })).await;
    assert_eq!(dead.expect(401).code(), "invalid_token");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_signs_in_as_swagger_sends_it(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let body = format!(
        "grant_type=password&username=ana%40example.com&password={}&scope=&client_id=&client_secret=",
        PASSWORD.replace(' ', "+")
    );
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let request = ana.request(&Method::POST, "/api/v1/auth/login").header("content-type", kind);
    ana.send(request.body(body.into()).unwrap()).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_token_may_stand_in_the_header_and_the_body_comes_first(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member_program("ana").await;
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    let pair = ana.post("/api/v1/auth/login", login).await.expect(200).json();
    ana.token = pair["refresh_token"].as_str().map(str::to_owned);
    let request = ana.request(&Method::POST, "/api/v1/auth/refresh").body(axum::body::Body::empty()).unwrap();
    let renewed = ana.send(request).await.expect(200).json();
    ana.token = Some("nonsense".to_owned());
    let body = json!({ "refresh_token": renewed["refresh_token"] });
    ana.post("/api/v1/auth/refresh", body).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_bad_token_keeps_nobody_from_signing_in(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member_program("ana").await;
    ana.token = Some("ended.long.ago".to_owned());
    let refused = ana.get("/api/v1/users/me").await.expect(401);
    assert_eq!(refused.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    ana.post("/api/v1/auth/login", login).await.expect(200);
    ana.token = None;
    assert_eq!(ana.get("/api/v1/users/me").await.expect(401).header("www-authenticate"), Some("Bearer"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_access_token_ends_after_half_an_hour(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    app.world.clock.advance(Duration::minutes(30) + Duration::seconds(29));
    ana.get("/api/v1/users/me").await.expect(200);
    app.world.clock.advance(Duration::seconds(2));
    assert_eq!(ana.get("/api/v1/users/me").await.expect(401).code(), "invalid_token");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_cookie_opens_nothing_here_and_a_token_opens_no_page(pool: PgPool) {
    let app = App::new(pool);
    let mut browser = app.member("ana").await;
    browser.get("/api/v1/users/me").await.expect(401);
    let cookie = browser.cookies["session-token"].clone();
    let mut program = app.member_program("eve").await;
    let access = program.token.replace(cookie).unwrap();
    program.get("/api/v1/users/me").await.expect(401);
    let mut thief = app.browser().with("cookie", &format!("session-token={access}"));
    assert_eq!(thief.get("/account").await.expect(303).location(), Some("/login?next=/account"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_public_keys_are_published_and_no_secret(pool: PgPool) {
    let app = App::new(pool);
    let keys = app.program().get("/.well-known/jwks.json").await.expect(200).json();
    assert_eq!(keys, json!({ "keys": [] }), "HS256 has none to publish");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_elsewhere_cannot_spend_its_visitors_tries(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = ana.request(&Method::POST, "/api/v1/auth/login").header(name, value);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = ana.send(request.body("username=ana%40example.com&password=x".into()).unwrap()).await;
        assert_eq!(answer.expect(403).code(), "cross_site");
    }
}
