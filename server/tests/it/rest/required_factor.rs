//! `REQUIRE_FACTOR` for programs: every call waits but those that set a second factor up, or end the session or the account.

use crate::app::App;
use crate::rest::rights::EXPECTED;
use accounts::RequireFactor;
use serde_json::json;
use sqlx::PgPool;
use testkit::{World, totp_code};

const FACTORS: &str = "/api/v1/users/me/factors";
/// With those of passkeys, as far as there are any.
const OPEN: &[(&str, &str)] = &[
    ("GET", "/api/v1/users/me/factors"),
    ("POST", "/api/v1/users/me/factors/totp"),
    ("POST", "/api/v1/users/me/factors/totp/confirm"),
    ("POST", "/api/v1/users/me/factors/passkeys/options"),
    ("POST", "/api/v1/users/me/factors/passkeys"),
    ("POST", "/api/v1/auth/logout"),
    ("DELETE", "/api/v1/users/me"),
];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_call_waits_for_the_second_factor_or_leads_to_it(pool: PgPool) {
    let world = World::with(pool, |settings| settings.require_factor = RequireFactor::Admins);
    let app = App::with(world, |_| ());
    let other = app.member_program("other").await;
    let id = other.get("/api/v1/users/me").await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let root = app.admin_program("root").await;
    let mut closed = 0;
    for (method, path, expected) in EXPECTED {
        // Those that take a token, which signing out has not ended yet.
        if expected[0] != 401 || expected[2] == 401 || path.ends_with("/logout") {
            continue;
        }
        let called = path.replace("{other}", &id).replace("{session}", &id);
        let answer = root.call(method, &called, &json!({})).await;
        if OPEN.contains(&(*method, *path)) {
            assert_ne!(answer.status.as_u16(), 403, "{method} {path}: {}", answer.text);
        } else {
            assert_eq!(answer.status.as_u16(), 403, "{method} {path}: {}", answer.text);
            assert_eq!(answer.code(), "factor_required", "{method} {path}");
            closed += 1;
        }
    }
    assert!(closed >= 25, "{closed}");
    let begun = root.post(&format!("{FACTORS}/totp"), json!({})).await.expect(201).json();
    let code = totp_code(begun["secret"].as_str().unwrap(), app.world.accounts.now());
    root.post(&format!("{FACTORS}/totp/confirm"), json!({ "code": code })).await.expect(200);
    root.get("/api/v1/users").await.expect(200);
    let refused = root.call("DELETE", &format!("{FACTORS}/totp"), &json!({})).await.expect(403);
    assert_eq!(refused.code(), "factor_required");
    let late = app.admin_program("late").await;
    late.call("POST", "/api/v1/auth/logout", &json!({})).await.expect(204);
}
