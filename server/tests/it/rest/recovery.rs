//! Getting back in by mail, as programs do it.

use crate::actors::{Answer, Program};
use crate::app::App;
use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{PASSWORD, link_token, mail_code};

const NEW: &str = "copper lanterns over water";
const ANA: &str = "ana@example.com";

async fn login(program: &Program, password: &str) -> Answer {
    program.post("/api/v1/auth/login", json!({ "email": ANA, "password": password })).await
}

/// The one mail that a call leads to.
async fn mail_of(app: &App, path: &str, body: Value) -> accounts::Message {
    app.world.mail().await;
    app.program().post(path, body).await.expect(202);
    app.world.mail().await.pop().unwrap()
}

async fn verified(app: &App) {
    app.world.execute("UPDATE users SET email_verified = true").await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_forgotten_password_is_replaced_by_a_link_or_a_code(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let forgot = json!({ "email": ANA });
    let token = link_token(&mail_of(&app, "/api/v1/auth/password/forgot", forgot.clone()).await, "reset");
    let reset = json!({ "token": token, "new_password": NEW });
    let weak = json!({ "token": token, "new_password": "password123" });
    ana.post("/api/v1/auth/password/reset", weak).await.expect(422);
    let done = ana.post("/api/v1/auth/password/reset", reset.clone()).await.expect(204);
    assert!(done.text.is_empty() && done.header("set-cookie").is_none(), "nobody is signed in by it");
    assert_eq!(ana.get("/api/v1/users/me").await.expect(401).code(), "invalid_token");
    assert_eq!(ana.post("/api/v1/auth/password/reset", reset).await.expect(400).code(), "link_invalid");
    login(&ana, PASSWORD).await.expect(401);
    login(&ana, NEW).await.expect(200);

    let mail = mail_of(&app, "/api/auth/forgot-password", forgot).await;
    let by_code = json!({ "email": ANA, "code": mail_code(&mail), "new_password": PASSWORD });
    ana.post("/api/auth/reset-password", by_code).await.expect(204);
    login(&ana, PASSWORD).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_is_proven_by_whoever_shows_that_the_account_is_theirs(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, bob) = (app.member_program("ana").await, app.member_program("bob").await);
    let mail = mail_of(&app, "/api/v1/auth/email/resend", json!({ "email": ANA })).await;
    let (path, link) = ("/api/v1/auth/email/verify", json!({ "token": link_token(&mail, "verify") }));
    for stranger in [&app.program(), &bob] {
        assert_eq!(stranger.post(path, link.clone()).await.expect(403).code(), "reauthenticate");
    }
    let mut wrong = link.clone();
    wrong["password"] = "not the password".into();
    assert_eq!(app.program().post(path, wrong).await.expect(401).code(), "wrong_credentials");
    let token = ana.token.replace("ended.long.ago".to_owned());
    assert_eq!(ana.post(path, link.clone()).await.expect(401).code(), "invalid_token");
    ana.token = token;
    assert_eq!(ana.get("/api/v1/users/me").await.json()["email_verified"], false);
    ana.post(path, link.clone()).await.expect(204);
    assert_eq!(ana.get("/api/v1/users/me").await.json()["email_verified"], true);
    ana.post(path, link).await.expect(400);

    let of_bob = json!({ "email": "bob@example.com" });
    let code = mail_code(&mail_of(&app, "/api/v1/auth/email/resend", of_bob).await);
    let with_password = json!({ "email": "bob@example.com", "code": code, "password": PASSWORD });
    app.program().post(path, with_password).await.expect(204);
    assert_eq!(bob.get("/api/v1/users/me").await.json()["email_verified"], true);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_sends_a_reset_and_the_trail_says_so(pool: PgPool) {
    let app = App::new(pool);
    let (ana, admin) = (app.member_program("ana").await, app.admin_program("root").await);
    let id = ana.get("/api/v1/users/me").await.json()["id"].as_str().unwrap().to_owned();
    app.world.mail().await;
    admin.post(&format!("/api/v1/users/{id}/password-reset"), json!({})).await.expect(202);
    let mail = app.world.mail().await.pop().unwrap();
    assert_eq!(mail.to, ANA);
    let trail = admin.get("/api/v1/audit?kind=password_reset_sent").await.json();
    assert_eq!(trail["items"][0]["subject"], id.as_str());
    ana.get("/api/v1/users/me").await.expect(200);
    let reset = json!({ "token": link_token(&mail, "reset"), "new_password": NEW });
    app.program().post("/api/v1/auth/password/reset", reset).await.expect(204);
    login(&ana, NEW).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_by_mail_signs_a_program_in(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member_program("ana").await;
    verified(&app).await;
    let code = mail_code(&mail_of(&app, "/api/v1/auth/code", json!({ "identifier": ANA })).await);
    let body = json!({ "identifier": ANA, "code": code });
    let asked = app.program();
    let request = asked.request(&Method::POST, "/api/v1/auth/login/code").header("x-device-token", "new");
    let request = request.header("content-type", "application/json").body(body.to_string().into()).unwrap();
    let signed_in = asked.send(request).await.expect(200);
    let device = signed_in.header("x-device-token").unwrap().to_owned();
    ana.token = signed_in.json()["access_token"].as_str().map(str::to_owned);
    ana.get("/api/v1/users/me").await.expect(200);
    assert_eq!(ana.post("/api/v1/auth/login/code", body).await.expect(401).code(), "wrong_code");

    // Strangers have used up what the mailbox gets; the known device has its own.
    for _ in 0..2 {
        app.program().post("/api/v1/auth/code", json!({ "identifier": ANA })).await.expect(202);
    }
    app.program().post("/api/v1/auth/code", json!({ "identifier": ANA })).await.expect(429);
    let request = asked.request(&Method::POST, "/api/v1/auth/code").header("x-device-token", device);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    asked.send(request.body("identifier=ana%40example.com".into()).unwrap()).await.expect(202);
}

/// P25: how often fifty submissions meet; `P25_ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("P25_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// P25
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_fifty_submissions_of_one_link_one_succeeds(pool: PgPool) {
    let app = App::with(testkit::World::with(pool, |settings| settings.hashing.permits = 2), |_| ());
    app.member_program("ana").await;
    for round in 0..rounds() {
        app.world.clock.advance(time::Duration::hours(1));
        let mail = mail_of(&app, "/api/v1/auth/password/forgot", json!({ "email": ANA })).await;
        let token = link_token(&mail, "reset");
        let submit = |n: usize| {
            let (program, token) = (app.program(), token.clone());
            let body = json!({ "token": token, "new_password": format!("{NEW} {round} {n}") });
            tokio::spawn(async move {
                let answer = program.post("/api/v1/auth/password/reset", body).await;
                answer.status.as_u16()
            })
        };
        let submissions: Vec<_> = (0..50).map(submit).collect();
        let mut succeeded = 0;
        for submission in submissions {
            let status = submission.await.unwrap();
            assert!([204, 400, 503].contains(&status), "{status}");
            succeeded += usize::from(status == 204);
        }
        assert_eq!(succeeded, 1, "round {round}");
    }
}

/// P25: whatever a request says of its host, the link leads to `BASE_URL`.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_header_steers_a_link(pool: PgPool) {
    let app = App::new(pool);
    app.member_program("ana").await;
    app.world.mail().await;
    let names = [
        "host",
        "x-forwarded-host",
        "forwarded",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-original-host",
        "x-host",
        "x-forwarded-server",
    ];
    let hosts = [
        "evil.example",
        "localhost:8000.evil.example",
        "evil.example:8000",
        "evil.example/reset#",
        "localhost:8000@evil.example",
    ];
    let mut shapes = 0;
    for name in names {
        for host in hosts {
            app.world.clock.advance(time::Duration::hours(1));
            let value = match name {
                "forwarded" => format!("for=192.0.2.1;host=\"{host}\";proto=https"),
                "x-forwarded-proto" => "https".to_owned(),
                _ => host.to_owned(),
            };
            let program = app.program();
            let request = program.request(&Method::POST, "/api/v1/auth/password/forgot").header(name, value);
            let request = request.header("content-type", "application/json");
            let body = json!({ "email": ANA }).to_string();
            program.send(request.body(body.into()).unwrap()).await.expect(202);
            let mail = app.world.mail().await.pop().unwrap();
            let whole = format!("{}{}", mail.text, mail.html);
            assert!(!whole.contains("evil"), "{name}: {host}");
            let link = format!("{}/reset#{}", testkit::ISSUER, link_token(&mail, "reset"));
            assert!(mail.text.contains(&link) && mail.html.contains(&link), "{name}: {host}");
            shapes += 1;
        }
    }
    assert_eq!(shapes, 40);
}
