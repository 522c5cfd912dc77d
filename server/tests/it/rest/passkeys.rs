//! Passkeys over the API (P27): each answer opens once, and only where it was asked for.

use crate::actors::Program;
use crate::app::App;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{ISSUER, PASSWORD, World};
use time::Duration;

const OWN: &str = "/api/v1/users/me/factors/passkeys";
const LOGIN: &str = "/api/v1/auth/passkey";

/// Adds a passkey; answers what the server says of it.
async fn add(program: &Program, key: &mut SoftAuthenticator, name: &str) -> Value {
    let asked = program.post(&format!("{OWN}/options"), json!({})).await.expect(200).json();
    let passkey = key.create(ISSUER, &asked["options"]).to_string();
    program.post(OWN, json!({ "name": name, "passkey": passkey })).await.expect(201).json()
}

async fn with_passkey(app: &App, kind: KeyKind) -> (Program, SoftAuthenticator, Value) {
    let ana = app.member_program("ana").await;
    let mut key = SoftAuthenticator::new(kind);
    let added = add(&ana, &mut key, "Phone").await;
    (ana, key, added)
}

/// The body of a sign-in by a passkey.
async fn answer(app: &App, key: &mut SoftAuthenticator) -> Value {
    let asked = app.program().post(&format!("{LOGIN}/options"), json!({})).await.expect(200).json();
    let passkey = key.get(ISSUER, &asked["options"]).to_string();
    json!({ "ceremony": asked["ceremony"], "passkey": passkey })
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_of_each_algorithm_signs_in(pool: PgPool) {
    let app = App::new(pool);
    for (name, kind) in [("ana", KeyKind::EdDsa), ("ben", KeyKind::Es256), ("cleo", KeyKind::Rs256)] {
        let program = app.member_program(name).await;
        let mut key = SoftAuthenticator::new(kind);
        let added = add(&program, &mut key, "Phone").await;
        assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
        let mut signed_in = app.program();
        let pair = signed_in.post(LOGIN, answer(&app, &mut key).await).await.expect(200).json();
        signed_in.token = pair["access_token"].as_str().map(str::to_owned);
        let me = signed_in.get("/api/v1/users/me").await.expect(200).json();
        assert_eq!(me["email"], format!("{name}@example.com"));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_answer_over_two_connections_opens_once(pool: PgPool) {
    let app = App::new(pool);
    let (_, mut key, _) = with_passkey(&app, KeyKind::EdDsa).await;
    for _ in 0..5 {
        let body = answer(&app, &mut key).await;
        let [one, other] = [app.program(), app.program()];
        let answers = tokio::join!(one.post(LOGIN, body.clone()), other.post(LOGIN, body.clone()));
        let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        assert_eq!(app.program().post(LOGIN, body).await.expect(401).code(), "passkey_refused");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_answer_is_worth_nothing_with_another_ceremony(pool: PgPool) {
    let app = App::new(pool);
    let (_, mut key, _) = with_passkey(&app, KeyKind::EdDsa).await;
    let (mut one, other) = (answer(&app, &mut key).await, answer(&app, &mut key).await);
    one["ceremony"] = other["ceremony"].clone();
    for (body, code) in [
        (one, "passkey_refused"),
        (json!({ "ceremony": "", "passkey": other["passkey"] }), "passkey_refused"),
        (json!({ "ceremony": other["ceremony"], "passkey": "{}" }), "passkey_refused"),
    ] {
        assert_eq!(app.program().post(LOGIN, body).await.expect(401).code(), code);
    }
    app.program().post(LOGIN, other).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_completes_its_sign_in_with_a_passkey(pool: PgPool) {
    let app = App::new(pool);
    let (ana, mut key, _) = with_passkey(&app, KeyKind::EdDsa).await;
    let account = json!({ "email": "ana@example.com", "password": PASSWORD });
    let waits = ana.post("/api/v1/auth/login", account).await.expect(401).json();
    assert_eq!(waits["methods"], json!(["passkey", "recovery_code"]));
    let challenge = json!({ "challenge": waits["challenge"] });
    let asked = ana.post("/api/v1/auth/login/factor/options", challenge).await.expect(200).json();
    let code = key.get(ISSUER, &asked["options"]).to_string();
    let body = json!({ "challenge": waits["challenge"], "method": "passkey", "code": code });
    let wrong = json!({ "challenge": waits["challenge"], "method": "passkey", "code": "{}" });
    let refused = ana.post("/api/v1/auth/login/factor", wrong).await.expect(401);
    assert_eq!(refused.code(), "passkey_refused");
    ana.post("/api/v1/auth/login/factor", body).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_lists_renames_and_removes_its_passkeys(pool: PgPool) {
    let app = App::new(pool);
    let (ana, mut key, first) = with_passkey(&app, KeyKind::EdDsa).await;
    app.world.clock.advance(Duration::SECOND);
    let second = add(&ana, &mut key, "Stick").await;
    assert!(second.get("recovery_codes").is_none());
    let named = async || {
        let list = ana.get("/api/v1/users/me/factors").await.expect(200).json();
        assert_eq!(list["passkeys_available"], true);
        let names = list["passkeys"].as_array().unwrap().iter().map(|passkey| passkey["name"].clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(named().await, ["Phone", "Stick"]);
    let path = |added: &Value| format!("{OWN}/{}", added["passkey"]["id"].as_str().unwrap());
    ana.call("PATCH", &path(&first), &json!({ "name": "Old phone" })).await.expect(204);
    assert_eq!(named().await, ["Old phone", "Stick"]);
    let ben = app.member_program("ben").await;
    ben.call("PATCH", &path(&first), &json!({ "name": "Mine" })).await.expect(404);
    ben.call("DELETE", &path(&first), &json!({})).await.expect(204);
    assert_eq!(named().await, ["Old phone", "Stick"]);
    ana.call("DELETE", &path(&first), &json!({})).await.expect(204);
    assert_eq!(named().await, ["Stick"]);
    app.world.execute("UPDATE users SET password_hash = NULL WHERE email = 'ana@example.com'").await;
    let last = ana.call("DELETE", &path(&second), &json!({})).await.expect(409);
    assert_eq!(last.code(), "last_way_in");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn at_an_address_without_a_name_the_api_says_so(pool: PgPool) {
    let world = World::with(pool, |settings| settings.issuer = "http://192.0.2.1".to_owned());
    let app = App::with(world, |_| ());
    let ana = app.member_program("ana").await;
    for path in [format!("{OWN}/options"), format!("{LOGIN}/options")] {
        assert_eq!(ana.post(&path, json!({})).await.expect(403).code(), "passkeys_off", "{path}");
    }
}
