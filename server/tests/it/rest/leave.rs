//! Leaving over the API: the account closes at once, answers as nobody's, can be restored, and its data exported.

use crate::app::App;
use crate::rest::openapi::SNAPSHOT;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{ISSUER, PASSWORD, totp_code};
use time::Duration;

fn fields(password: &str) -> Value {
    json!({ "email": "ana@example.com", "password": password })
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_closed_account_is_nobody_s_until_it_is_restored(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    ana.call("DELETE", "/api/v1/users/me", &json!({})).await.expect(204);
    ana.get("/api/v1/users/me").await.expect(401);
    let stranger = app.program();
    let nobody = json!({ "email": "nobody@example.com", "password": PASSWORD });
    let unknown = stranger.post("/api/v1/auth/login", nobody).await.expect(401);
    for path in ["/api/v1/auth/login", "/auth/login"] {
        let body = app.program().post(path, fields(PASSWORD)).await.expect(401);
        assert_eq!(body.text, unknown.text, "{path}");
    }
    let wrong = app.program().post("/api/v1/auth/restore", fields("wrong")).await.expect(401);
    assert_eq!(wrong.text, unknown.text);
    let taken = json!({ "email": "ana@example.com", "password": PASSWORD, "name": "Eve" });
    app.program().post("/api/v1/users", taken).await.expect(409);
    let pair = app.program().post("/api/v1/auth/restore", fields(PASSWORD)).await.expect(200).json();
    let mut back = app.program();
    back.token = pair["access_token"].as_str().map(str::to_owned);
    assert_eq!(back.get("/api/v1/users/me").await.expect(200).json()["is_active"], true);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_export_is_a_file_for_whoever_has_just_signed_in(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let answer = ana.get("/api/v1/users/me/export").await.expect(200);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let export = answer.json();
    assert_eq!((&export["account"]["email"], &export["version"]), (&json!("ana@example.com"), &json!(1)));
    app.world.clock.advance(Duration::minutes(11));
    assert_eq!(ana.get("/api/v1/users/me/export").await.expect(403).code(), "reauthenticate");
}

/// What the API says of the file is what is in it, neither more nor less.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_export_is_what_its_description_says(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    app.world.mail().await;
    app.world.execute("UPDATE users SET role = 'admin'").await;
    let eve = app.member_program("eve").await.get("/api/v1/users/me").await.expect(200).json();
    let mut ana = app.program();
    let pair = ana.post("/api/v1/auth/login", fields(PASSWORD)).await.expect(200).json();
    ana.token = pair["access_token"].as_str().map(str::to_owned);
    let path = format!("/api/v1/users/{}", eve["id"].as_str().unwrap());
    ana.call("PATCH", &path, &json!({ "bio": "Changed by an admin." })).await.expect(200);
    let own = "/api/v1/users/me/factors/passkeys";
    let asked = ana.post(&format!("{own}/options"), json!({})).await.expect(200).json();
    let passkey = SoftAuthenticator::new(KeyKind::EdDsa).create(ISSUER, &asked["options"]).to_string();
    ana.post(own, json!({ "name": "Phone", "passkey": passkey })).await.expect(201);
    let begun = ana.post("/api/v1/users/me/factors/totp", json!({})).await.expect(201).json();
    let code = totp_code(begun["secret"].as_str().unwrap(), app.world.accounts.now());
    ana.post("/api/v1/users/me/factors/totp/confirm", json!({ "code": code })).await.expect(200);
    // Those that she had are forgotten by that.
    let device = "INSERT INTO known_devices (token_hash, user_id, last_used_at, agent, trusted_until)
                  SELECT '\\x07', id, '2026-11-20 12:36:58Z', 'a browser', '2026-12-20 12:36:59Z' FROM users WHERE email LIKE 'ana@%'";
    app.world.execute(device).await;
    let export = ana.get("/api/v1/users/me/export").await.expect(200).json();

    let document: Value = serde_json::from_str(SNAPSHOT).unwrap();
    let answer = &document["paths"]["/api/v1/users/me/export"]["get"]["responses"]["200"];
    let schema = &answer["content"]["application/json"]["schema"];
    let mut differences = Vec::new();
    compare(&document, schema, &[&export], "", &mut differences);
    // Whose account closes, takes no export.
    assert_eq!(differences, [".account.closes_at is missing"], "{export:#}");
}

/// Compares all values that stand at one place with what is said of that place.
fn compare(document: &Value, schema: &Value, values: &[&Value], at: &str, differences: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.trim_start_matches('#')).unwrap();
        compare(document, schema, values, at, differences);
        return;
    }
    if let Some(one_of) = schema["oneOf"].as_array() {
        let present: Vec<_> = values.iter().copied().filter(|value| !value.is_null()).collect();
        let schema = one_of.iter().find(|schema| schema["type"] != "null").unwrap();
        if !present.is_empty() {
            compare(document, schema, &present, at, differences);
        }
        return;
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    for value in values {
        let fits = types.is_empty() || types.iter().any(|kind| is_of(value, kind));
        if !fits {
            differences.push(format!("{at} is {value}"));
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (name, schema) in properties {
            let found: Vec<_> = values.iter().filter_map(|value| value.get(name)).collect();
            let at = format!("{at}.{name}");
            if found.len() == values.len() {
                compare(document, schema, &found, &at, differences);
            } else {
                differences.push(format!("{at} is missing"));
            }
        }
        let present = values.iter().filter_map(|value| value.as_object()).flat_map(|object| object.keys());
        let unknown = present.filter(|name| !properties.contains_key(*name));
        differences.extend(unknown.map(|name| format!("{at}.{name} is not described")));
    }
    if types == ["array"] {
        let items: Vec<_> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
        if items.is_empty() {
            differences.push(format!("{at} is empty"));
        }
        compare(document, &schema["items"], &items, &format!("{at}[]"), differences);
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        _ => false,
    }
}
