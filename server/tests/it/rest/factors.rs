//! Second factors over the API, and what a sign-in that waits for one does not reach (P26).

use crate::actors::Program;
use crate::app::App;
use crate::pages::{functions, guards};
use crate::rest::rights::{EXPECTED, with_cookie};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Authenticator, PASSWORD, World, totp_code};
use time::Duration;

const FACTORS: &str = "/api/v1/users/me/factors";
const LOGIN: &str = "/api/v1/auth/login/factor";

fn account() -> Value {
    json!({ "email": "ana@example.com", "password": PASSWORD })
}

/// The program of somebody who has set an authenticator app up.
async fn with_app(app: &App) -> (Program, Authenticator) {
    let ana = app.member_program("ana").await;
    let begun = ana.post(&format!("{FACTORS}/totp"), json!({})).await.expect(201).json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let url = begun["otpauth_url"].as_str().unwrap();
    assert!(url.starts_with("otpauth://totp/Doorstep:ana%40example.com?secret="), "{url}");
    let code = totp_code(&secret, app.world.accounts.now());
    let confirmed =
        ana.post(&format!("{FACTORS}/totp/confirm"), json!({ "code": code })).await.expect(200).json();
    let recovery_codes = serde_json::from_value(confirmed["recovery_codes"].clone()).unwrap();
    app.world.clock.advance(Duration::MINUTE);
    (ana, Authenticator { secret, recovery_codes })
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_signs_in_with_a_second_factor(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, totp) = with_app(&app).await;
    let list = ana.get(FACTORS).await.expect(200).json();
    assert_eq!(list["recovery_codes_left"], 10);
    let waits = ana.post("/api/v1/auth/login", account()).await.expect(401);
    let told = waits.json();
    assert_eq!((waits.code().as_str(), &told["expires_in"]), ("second_factor_needed", &json!(300)));
    assert_eq!(told["methods"], json!(["totp", "recovery_code"]));
    let with =
        |method: &str, code: &str| json!({ "challenge": told["challenge"], "method": method, "code": code });
    let refused = ana.post(LOGIN, with("totp", "000 000")).await.expect(401);
    assert_eq!(
        (refused.code().as_str(), refused.problem().field("code").is_some()),
        ("factor_refused", true)
    );
    ana.post(LOGIN, with("pwd", "000000")).await.expect(422);
    let code = totp.code(app.world.accounts.now());
    let pair = ana.post(LOGIN, with("totp", &code)).await.expect(200).json();
    assert_eq!(ana.post(LOGIN, with("totp", &code)).await.expect(401).code(), "challenge_invalid");
    ana.token = pair["access_token"].as_str().map(str::to_owned);
    let codes = ana.post(&format!("{FACTORS}/recovery-codes"), json!({})).await.expect(201).json();
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);
    ana.call("DELETE", &format!("{FACTORS}/totp"), &json!({})).await.expect(204);
    ana.post("/api/v1/auth/login", account()).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_known_program_stays_one_behind_its_second_factor(pool: PgPool) {
    let app = App::new(pool);
    let (ana, totp) = with_app(&app).await;
    let request =
        ana.request(&http::Method::POST, "/api/v1/auth/login").header("content-type", "application/json");
    let request = request.header("x-device-token", "new").body(account().to_string().into()).unwrap();
    let waits = ana.send(request).await.expect(401);
    assert!(waits.header("x-device-token").is_none());
    let code = totp.code(app.world.accounts.now());
    let body = json!({ "challenge": waits.json()["challenge"], "method": "totp", "code": code });
    assert!(ana.post(LOGIN, body).await.expect(200).header("x-device-token").is_some());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_familys_sign_in_waits_for_the_second_factor(pool: PgPool) {
    let app = App::new(pool);
    let (_, totp) = with_app(&app).await;
    for path in ["/auth/login", "/api/auth/login", "/login", "/api/v1/auth/restore"] {
        app.world.execute("DELETE FROM throttle_failures").await;
        let waits = app.program().post(path, account()).await.expect(401);
        assert_eq!(waits.code(), "second_factor_needed", "{path}");
        assert!(waits.set_cookie("token").is_none(), "{path}");
        let code = totp.code(app.world.accounts.now());
        let body = json!({ "challenge": waits.json()["challenge"], "method": "totp", "code": code });
        app.program().post(LOGIN, body).await.expect(200);
        app.world.clock.advance(Duration::MINUTE);
    }
}

/// In the API the password alone is no step-up where there is a second factor.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_current_password_alone_is_no_step_up(pool: PgPool) {
    let app = App::new(pool);
    let (ana, _) = with_app(&app).await;
    app.world.clock.advance(Duration::minutes(11));
    for (method, path, body) in [
        ("PATCH", "/api/v1/users/me", json!({ "email": "a@new.example", "current_password": PASSWORD })),
        ("DELETE", "/api/v1/users/me", json!({ "current_password": PASSWORD })),
        (
            "POST",
            "/api/v1/users/me/password",
            json!({ "current_password": PASSWORD, "new_password": "copper lanterns over water" }),
        ),
        ("GET", "/api/v1/users/me/export", json!({})),
        ("POST", "/api/v1/users/me/factors/totp", json!({})),
        ("DELETE", "/api/v1/users/me/factors/totp", json!({})),
        ("POST", "/api/v1/users/me/factors/recovery-codes", json!({})),
    ] {
        assert_eq!(
            ana.call(method, path, &body).await.expect(403).code(),
            "reauthenticate",
            "{method} {path}"
        );
    }
}

/// Wherever a challenge is shown, it is worth no more than any other text of its shape.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_that_waits_reaches_nothing_else(pool: PgPool) {
    let app = App::new(pool);
    with_app(&app).await;
    let waits = app.program().post("/api/v1/auth/login", account()).await.expect(401).json();
    let program = waits["challenge"].as_str().unwrap().to_owned();
    let browser = app.world.begin_sign_in("ana").await.challenge.reveal();
    let before = app.digest().await;
    let (mut calls, nothing) = (0, "A".repeat(43));
    for challenge in [program, browser] {
        for (method, path, expected) in EXPECTED {
            let path = path.replace("{other}", functions::ID).replace("{session}", functions::ID);
            let ask = async |token: &str| {
                let mut caller = app.program();
                caller.token = Some(token.to_owned());
                caller.call(method, &path, &json!({})).await.status.as_u16()
            };
            assert_eq!(ask(&challenge).await, ask(&nothing).await, "{method} {path}");
            for name in ["token", "session-token", "signin", "device"] {
                let status = with_cookie(&app, method, &path, &format!("{name}={challenge}")).await;
                assert_eq!(status, expected[0], "{method} {path} {name}");
                calls += 1;
            }
        }
        for (path, [stranger, ..]) in guards::EXPECTED {
            for name in ["session-token", "signin", "token"] {
                let mut caller = app.browser();
                caller.cookies.insert(name.to_owned(), challenge.clone());
                caller.get(path).await.expect(*stranger);
                calls += 1;
            }
        }
        // What ends it is one of its own two calls, and asks for which page it was shown on.
        for (path, ..) in functions::EXPECTED.iter().filter(|(path, ..)| *path != "/fn/login/factor/end") {
            let mut asked = Vec::new();
            for cookies in [&[][..], &["signin", "session-token", "token"]] {
                let mut caller = app.browser();
                caller.cookies.extend(cookies.iter().map(|name| ((*name).to_owned(), challenge.clone())));
                let kind = "application/x-www-form-urlencoded";
                asked.push(caller.post_raw(path, "application/json", kind, "").await.status);
            }
            assert_eq!(asked[0], asked[1], "{path}");
            calls += 1;
        }
    }
    assert!(calls > 500, "{calls}");
    assert_eq!(app.digest().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_an_encryption_key_the_api_says_so(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.encryption = None), |_| ());
    let ana = app.member_program("ana").await;
    assert_eq!(ana.post(&format!("{FACTORS}/totp"), json!({})).await.expect(403).code(), "factors_off");
}

/// What somebody has lost is cleared by an admin, and by nobody else.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_clears_the_factors_of_somebody_else(pool: PgPool) {
    let app = App::new(pool);
    let (ana, _) = with_app(&app).await;
    let (root, eve) = (app.admin_program("root").await, app.member_program("eve").await);
    let list = root.get("/api/v1/users?second_factor=true").await.expect(200).json();
    assert_eq!(
        (&list["items"][0]["email"], list["items"].as_array().unwrap().len()),
        (&"ana@example.com".into(), 1)
    );
    let path = format!("/api/v1/users/{}/factors", list["items"][0]["id"].as_str().unwrap());
    let why = json!({ "reason": "Lost the phone" });
    eve.call("DELETE", &path, &why).await.expect(403);
    ana.call("DELETE", &path, &why).await.expect(403);
    assert_eq!(root.call("DELETE", &path, &json!({})).await.expect(422).problem().errors[0].field, "reason");
    root.call("DELETE", &path, &why).await.expect(204);
    ana.get(FACTORS).await.expect(401);
    app.program().post("/api/v1/auth/login", account()).await.expect(200);
    let none = root.get("/api/v1/users?second_factor=true").await.expect(200).json();
    assert_eq!(none["items"], json!([]));
    let own = root.get("/api/v1/users/me").await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let refused = root.call("DELETE", &format!("/api/v1/users/{own}/factors"), &why).await.expect(409);
    assert_eq!(refused.code(), "own_account");
    app.world.clock.advance(Duration::minutes(11));
    assert_eq!(root.call("DELETE", &path, &why).await.expect(403).code(), "reauthenticate");
}
