//! The description of the API, held against the API.

use crate::actors::Program;
use crate::app::App;
use http::Method;
use serde_json::{Value, json};
use server::Compat;
use sqlx::PgPool;
use std::process::Command;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{ISSUER, PASSWORD, link_token, mail_code, totp_code};
use time::Duration;

/// The committed copy, which readers of `docs/` have too. It is the one snapshot here, so `insta` would save no code.
pub const SNAPSHOT: &str = include_str!("../../../../docs/openapi.json");

pub fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_committed_document_is_what_the_code_says(pool: PgPool) {
    let printed = Command::new(env!("CARGO_BIN_EXE_server")).arg("openapi").env_clear().output().unwrap();
    assert!(printed.status.success());
    let fresh = printed.stdout == SNAPSHOT.as_bytes();
    assert!(fresh, "renew it: cargo run -p server -- openapi > docs/openapi.json");
    let served = App::new(pool).program().get("/openapi.json").await.expect(200);
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text, SNAPSHOT);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn families_that_are_off_are_not_in_the_document(pool: PgPool) {
    let app = App::with(testkit::World::new(pool), |state| state.compat = Compat::NONE);
    let document = app.program().get("/openapi.json").await.expect(200).json();
    assert!(
        operations(&document).all(|(_, path, _)| path.starts_with("/api/v1/") || path.starts_with("/.well"))
    );
    assert!(document["components"]["securitySchemes"].get("cookie").is_none());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_example_works_when_it_is_pasted(pool: PgPool) {
    let app = App::new(pool);
    let document: Value = serde_json::from_str(SNAPSHOT).unwrap();
    let mut count = 0;
    for (method, path, operation) in operations(&document) {
        let contents = operation["requestBody"]["content"].as_object();
        for (kind, content) in contents.into_iter().flatten() {
            count += 1;
            app.world.execute("DELETE FROM users").await;
            // A mailbox gets three mails an hour.
            app.world.clock.advance(Duration::hours(1));
            let (caller, id, refresh_token) = reader_of_the_examples(&app, path).await;
            let path = path.replace("{id}", &id);
            let mut body = content["example"].clone();
            if body.get("refresh_token").is_some() {
                body["refresh_token"] = refresh_token;
            }
            read_the_mail(&app, &caller, &path, &mut body).await;
            look_at_the_app(&app, &caller, &path, &mut body).await;
            let path = use_a_passkey(&app, &caller, &path, &mut body).await;
            let text = if kind == "application/json" {
                body.to_string()
            } else {
                serde_urlencoded::to_string(body.as_object().unwrap()).unwrap()
            };
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = caller.request(&method, &path).header("content-type", kind);
            let answer = caller.send(request.body(text.into()).unwrap()).await;
            assert!(answer.status.is_success(), "{method} {path} {body}: {}", answer.text);
        }
    }
    assert_eq!(count, 52);
}

/// An admin who signed up with the first example (unless that is what is tried), somebody else's id, and a
/// refresh token.
async fn reader_of_the_examples(app: &App, path: &str) -> (Program, String, Value) {
    let mut reader = app.program();
    let account = json!({ "email": "ana@example.com", "password": PASSWORD });
    if ["/register", "/users"].iter().any(|end| path.ends_with(end)) {
        return (reader, String::new(), Value::Null);
    }
    reader.post("/api/v1/users", account.clone()).await.expect(201);
    app.world.execute("UPDATE users SET role = 'admin'").await;
    let pair = reader.post("/api/v1/auth/login", account).await.expect(200).json();
    reader.token = pair["access_token"].as_str().map(str::to_owned);
    app.admin_program("second").await;
    let list = reader.get("/api/v1/users").await.expect(200).json();
    let items = list["items"].as_array().unwrap();
    let other = items.iter().find(|item| item["email"] != "ana@example.com").unwrap();
    let id = other["id"].as_str().unwrap().to_owned();
    if path.ends_with("/{id}/factors") {
        // An admin's are not cleared.
        app.world.execute("UPDATE users SET role = 'user' WHERE email <> 'ana@example.com'").await;
    }
    (reader, id, pair["refresh_token"].clone())
}

/// Asks for the mail that the call wants to see, and fills in what that says.
async fn read_the_mail(app: &App, caller: &Program, path: &str, body: &mut Value) {
    let (asked, form, page) = match path.rsplit_once("/auth/").map(|(_, call)| call) {
        Some("password/reset" | "reset-password") => {
            ("password/forgot", json!({ "email": "ana@example.com" }), "reset")
        }
        Some("email/verify") => ("email/resend", json!({ "email": "ana@example.com" }), "verify"),
        Some("login/code") => ("code", json!({ "identifier": "ana@example.com" }), ""),
        _ => return,
    };
    app.world.mail().await;
    if page.is_empty() {
        app.world.execute("UPDATE users SET email_verified = true").await;
    }
    caller.post(&format!("/api/v1/auth/{asked}"), form).await.expect(202);
    let mail = app.world.mail().await.pop().unwrap();
    if body.get("token").is_some() {
        body["token"] = link_token(&mail, page).into();
    }
    if body.get("code").is_some() {
        body["code"] = mail_code(&mail).into();
    }
}

/// Adds a passkey, uses it, and fills in what the browser says. Answers the path, with the passkey's id.
async fn use_a_passkey(app: &App, caller: &Program, path: &str, body: &mut Value) -> String {
    let is_own = path.contains("/factors/passkeys");
    if !is_own && !path.contains("/auth/passkey") && !path.ends_with("/factor/options") {
        return path.to_owned();
    }
    let mut key = SoftAuthenticator::new(KeyKind::EdDsa);
    let own = "/api/v1/users/me/factors/passkeys";
    let asked = caller.post(&format!("{own}/options"), json!({})).await.expect(200).json();
    let made = key.create(ISSUER, &asked["options"]).to_string();
    if path == own {
        body["passkey"] = made.into();
        return path.to_owned();
    }
    let added = caller.post(own, json!({ "name": "Phone", "passkey": made })).await.expect(201).json();
    if is_own {
        return format!("{own}/{}", added["passkey"]["id"].as_str().unwrap());
    }
    if body.get("challenge").is_some() {
        let account = json!({ "email": "ana@example.com", "password": PASSWORD });
        let waits = caller.post("/api/v1/auth/login", account).await.expect(401).json();
        body["challenge"] = waits["challenge"].clone();
    } else {
        let asked = app.program().post("/api/v1/auth/passkey/options", json!({})).await.expect(200).json();
        body["ceremony"] = asked["ceremony"].clone();
        body["passkey"] = key.get(ISSUER, &asked["options"]).to_string().into();
    }
    path.to_owned()
}

/// Sets an authenticator app up, and fills in what it shows.
async fn look_at_the_app(app: &App, caller: &Program, path: &str, body: &mut Value) {
    let signs_in = path.ends_with("/auth/login/factor");
    if !signs_in && !path.ends_with("/totp/confirm") {
        return;
    }
    let begun = caller.post("/api/v1/users/me/factors/totp", json!({})).await.expect(201).json();
    let code = || totp_code(begun["secret"].as_str().unwrap(), app.world.accounts.now());
    body["code"] = code().into();
    if signs_in {
        let confirm = "/api/v1/users/me/factors/totp/confirm";
        caller.post(confirm, json!({ "code": code() })).await.expect(200);
        app.world.clock.advance(Duration::minutes(1));
        let account = json!({ "email": "ana@example.com", "password": PASSWORD });
        let waits = caller.post("/api/v1/auth/login", account).await.expect(401).json();
        body["challenge"] = waits["challenge"].clone();
        body["code"] = code().into();
    }
}

#[test]
fn every_error_is_a_problem_document_and_every_call_may_be_limited() {
    let document: Value = serde_json::from_str(SNAPSHOT).unwrap();
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    for (method, path, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap();
        if path == "/.well-known/jwks.json" || (method == "get" && ["/login", "/register"].contains(&path)) {
            continue;
        }
        for status in ["422", "429", "500", "503"] {
            assert!(answers.contains_key(status), "{method} {path} {status}");
        }
        for (_, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
            let shared = answer["$ref"].as_str().map(|path| document.pointer(&path[1..]).unwrap());
            let content = &shared.unwrap_or(answer)["content"];
            assert_eq!(content["application/problem+json"]["schema"], problem, "{method} {path}");
        }
        let wants_token = operation["security"].as_array().is_some_and(|schemes| schemes[0] != json!({}));
        assert!(!wants_token || answers.contains_key("401"), "{method} {path}");
    }
}

#[test]
fn nothing_unknown_is_taken_and_every_text_has_its_limit() {
    let document: Value = serde_json::from_str(SNAPSHOT).unwrap();
    let mut bodies = Vec::new();
    for (method, path, operation) in operations(&document) {
        for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            bodies.push(content["schema"]["$ref"].as_str().unwrap());
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            let limited =
                ["pattern", "enum", "format", "maximum", "$ref"].iter().any(|limit| !schema[limit].is_null());
            assert!(limited || schema["type"] == "boolean", "{method} {path} {}", parameter["name"]);
        }
    }
    for body in bodies {
        let schema = document.pointer(&body[1..]).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{body}");
        for (name, field) in schema["properties"].as_object().unwrap() {
            assert!(field.get("default").is_none() && field.get("$ref").is_none(), "{body} {name}");
            // Looked up by its hash, or not at all.
            let free = ["refresh_token", "grant_type", "scope", "client_id", "client_secret", "is_active"];
            let limited = ["pattern", "enum", "format"].iter().any(|limit| field.get(limit).is_some());
            assert!(limited || free.contains(&name.as_str()), "{body} {name}");
        }
    }
}
