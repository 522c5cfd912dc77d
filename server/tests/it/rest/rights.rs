//! P7: every call × every caller. The table and the description of the API name the same calls, or a test fails.

use crate::actors::Program;
use crate::app::App;
use crate::rest::openapi::{SNAPSHOT, operations};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeSet;
use testkit::{PASSWORD, World};

/// Answers to a stranger, a member, an admin, somebody whose account was disabled, and an admin who has to prove their
/// address first. `{other}` is the id of another account, `{session}` that of somebody else's session.
pub(super) const EXPECTED: &[(&str, &str, [u16; 5])] = &[
    ("POST", "/api/v1/auth/register", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/login", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/refresh", [401, 401, 401, 401, 401]),
    ("POST", "/api/v1/auth/restore", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/code", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/login/code", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/login/factor", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/login/factor/options", [401, 401, 401, 401, 401]),
    ("POST", "/api/v1/auth/passkey/options", [200, 200, 200, 200, 200]),
    ("POST", "/api/v1/auth/passkey", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/password/forgot", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/password/reset", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/auth/email/verify", [422, 422, 422, 401, 422]),
    ("POST", "/api/v1/auth/email/resend", [422, 422, 422, 422, 422]),
    ("POST", "/api/v1/users", [422, 422, 422, 422, 422]),
    ("GET", "/api/v1/users", [401, 403, 200, 401, 403]),
    ("GET", "/api/v1/users/me", [401, 200, 200, 401, 403]),
    ("PUT", "/api/v1/users/me", [401, 200, 200, 401, 403]),
    ("PATCH", "/api/v1/users/me", [401, 200, 200, 401, 403]),
    ("POST", "/api/v1/users/me/password", [401, 422, 422, 401, 403]),
    ("GET", "/api/v1/users/me/export", [401, 200, 200, 401, 403]),
    ("GET", "/api/v1/users/me/activity", [401, 200, 200, 401, 403]),
    ("GET", "/api/v1/users/me/factors", [401, 200, 200, 401, 403]),
    ("POST", "/api/v1/users/me/factors/totp", [401, 201, 201, 401, 403]),
    ("POST", "/api/v1/users/me/factors/totp/confirm", [401, 422, 422, 401, 403]),
    ("POST", "/api/v1/users/me/factors/recovery-codes", [401, 404, 404, 401, 403]),
    ("POST", "/api/v1/users/me/factors/passkeys/options", [401, 200, 200, 401, 403]),
    ("POST", "/api/v1/users/me/factors/passkeys", [401, 422, 422, 401, 403]),
    ("PATCH", "/api/v1/users/me/factors/passkeys/{session}", [401, 422, 422, 401, 403]),
    ("DELETE", "/api/v1/users/me/factors/passkeys/{session}", [401, 204, 204, 401, 403]),
    ("DELETE", "/api/v1/users/me/factors/totp", [401, 204, 204, 401, 403]),
    ("GET", "/api/v1/users/me/sessions", [401, 200, 200, 401, 403]),
    ("DELETE", "/api/v1/users/me/sessions", [401, 204, 204, 401, 403]),
    ("DELETE", "/api/v1/users/me/sessions/{session}", [401, 404, 404, 401, 403]),
    ("DELETE", "/api/v1/users/{other}/factors", [401, 403, 422, 401, 403]),
    ("GET", "/api/v1/users/{other}", [401, 403, 200, 401, 403]),
    ("PUT", "/api/v1/users/{other}", [401, 403, 200, 401, 403]),
    ("PATCH", "/api/v1/users/{other}", [401, 403, 200, 401, 403]),
    ("DELETE", "/api/v1/users/{other}/sessions", [401, 403, 204, 401, 403]),
    ("POST", "/api/v1/users/{other}/password-reset", [401, 403, 202, 401, 403]),
    ("DELETE", "/api/v1/users/{other}", [401, 403, 204, 401, 403]),
    ("GET", "/api/v1/audit", [401, 403, 200, 401, 403]),
    ("GET", "/.well-known/jwks.json", [200, 200, 200, 200, 200]),
    // Pages, to which a bearer token is nobody; by cookie: server/tests/it/pages/guards.rs.
    ("GET", "/register", [200, 200, 200, 200, 200]),
    ("GET", "/login", [200, 200, 200, 200, 200]),
    ("POST", "/auth/register", [422, 422, 422, 422, 422]),
    ("POST", "/auth/login", [422, 422, 422, 422, 422]),
    // A bearer token is nobody where a cookie is asked for; by cookie: server/tests/it/rest/families.rs.
    ("GET", "/auth/me", [401, 401, 401, 401, 401]),
    ("GET", "/auth/logout", [401, 401, 401, 401, 401]),
    ("POST", "/auth/logout", [401, 401, 401, 401, 401]),
    ("POST", "/api/auth/register", [422, 422, 422, 422, 422]),
    ("POST", "/api/auth/login", [422, 422, 422, 422, 422]),
    ("GET", "/api/auth/me", [401, 200, 200, 401, 403]),
    ("POST", "/api/auth/refresh", [401, 401, 401, 401, 401]),
    ("POST", "/api/auth/forgot-password", [422, 422, 422, 422, 422]),
    ("POST", "/api/auth/reset-password", [422, 422, 422, 422, 422]),
    ("POST", "/register", [422, 422, 422, 422, 422]),
    ("POST", "/login", [422, 422, 422, 422, 422]),
    ("GET", "/me", [401, 200, 200, 401, 403]),
    ("PUT", "/me", [401, 200, 200, 401, 403]),
    ("POST", "/api/v1/auth/logout", [401, 204, 204, 401, 204]),
    ("POST", "/api/auth/logout", [401, 401, 401, 401, 401]),
    ("DELETE", "/api/v1/users/me", [401, 401, 401, 401, 401]),
];

/// Every route is in the description (`server/src/rest/openapi`), and here is whatever is in that.
#[test]
fn the_table_and_the_description_name_the_same_calls() {
    let document: Value = serde_json::from_str(SNAPSHOT).unwrap();
    let described: BTreeSet<_> =
        operations(&document).map(|(method, path, _)| (method.to_uppercase(), path.to_owned())).collect();
    let parameters = |path: &str| path.replace("{other}", "{id}").replace("{session}", "{id}");
    let listed: BTreeSet<_> =
        EXPECTED.iter().map(|(method, path, _)| ((*method).to_owned(), parameters(path))).collect();
    assert_eq!(listed.len(), EXPECTED.len(), "a call stands twice");
    let (missing, unknown) = (&described - &listed, &listed - &described);
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not in the table: {missing:?}; nowhere else: {unknown:?}"
    );
    let by_cookie = BY_COOKIE.iter().map(|(method, path, _)| (*method, *path));
    let of_cookie = operations(&document)
        .filter(|(.., operation)| operation["security"][0].get("cookie").is_some())
        .map(|(method, path, _)| (method.to_uppercase(), path));
    let by_cookie: BTreeSet<_> = by_cookie.map(|(method, path)| (method.to_owned(), path)).collect();
    assert_eq!(by_cookie, of_cookie.collect());
}

/// Where members have to prove their address.
fn strict(pool: PgPool) -> App {
    App::with(World::with(pool, |settings| settings.require_verified = true), |_| ())
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_call_admits_whom_it_should(pool: PgPool) {
    let app = strict(pool);
    let other = app.member_program("other").await;
    app.world.execute("UPDATE users SET email_verified = true").await;
    let id = other.get("/api/v1/users/me").await.json()["id"].as_str().unwrap().to_owned();
    let sessions = other.get("/api/v1/users/me/sessions").await.json();
    let session = sessions[0]["id"].as_str().unwrap().to_owned();
    app.admin_program("second").await;
    let callers = callers(&app).await;
    for (method, path, expected) in EXPECTED {
        let path = path.replace("{other}", &id).replace("{session}", &session);
        // The admin comes last: only that one's calls change anything.
        for (n, status) in [0, 1, 3, 4, 2].map(|n| (n, expected[n])) {
            let answer = callers[n].call(method, &path, &json!({})).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text);
            if n == 4 && status == 403 {
                assert_eq!(answer.code(), "email_unverified", "{method} {path}");
            }
        }
    }
}

fn is_a_page(method: &str, path: &str) -> bool {
    method == "GET" && ["/login", "/register"].contains(&path)
}

/// The same for those whom the cookie family's cookie names, who are strangers everywhere else.
const BY_COOKIE: &[(&str, &str, [u16; 5])] = &[
    ("GET", "/auth/me", [401, 200, 200, 401, 403]),
    ("GET", "/auth/logout", [401, 204, 204, 401, 204]),
    ("POST", "/auth/logout", [401, 204, 204, 401, 204]),
];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_cookie_is_a_stranger_wherever_it_is_not_asked_for(pool: PgPool) {
    let app = App::new(pool);
    let admin = app.admin("admin").await;
    let page = format!("session-token={}", admin.cookies["session-token"]);
    let family = app.cookie_of("admin").await;
    let mut seen = 0;
    let calls = EXPECTED.iter().filter(|(method, path, _)| !is_a_page(method, path));
    for (method, path, expected) in calls {
        let own = BY_COOKIE.iter().any(|(_, owned, _)| owned == path);
        seen += usize::from(own);
        for cookie in [&page, &family].into_iter().filter(|cookie| !own || **cookie == page) {
            let status = with_cookie(&app, method, path, cookie).await;
            assert_eq!(status, expected[0], "{method} {path} {}", &cookie[..8]);
        }
    }
    assert_eq!(seen, BY_COOKIE.len());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_call_of_the_cookie_family_admits_whom_it_should(pool: PgPool) {
    let app = strict(pool);
    for name in ["member", "disabled", "unproven"] {
        app.member(name).await;
    }
    app.admin("admin").await;
    app.world.execute("UPDATE users SET email_verified = email NOT LIKE 'unproven%'").await;
    for (method, path, expected) in BY_COOKIE {
        app.world.execute("UPDATE users SET is_active = true").await;
        let (member, admin) = (app.cookie_of("member").await, app.cookie_of("admin").await);
        let (disabled, unproven) = (app.cookie_of("disabled").await, app.cookie_of("unproven").await);
        app.world.execute("UPDATE users SET is_active = false WHERE email LIKE 'disabled%'").await;
        for (cookie, status) in [String::new(), member, admin, disabled, unproven].iter().zip(expected) {
            assert_eq!(with_cookie(&app, method, path, cookie).await, *status, "{method} {path}");
        }
    }
}

pub(super) async fn with_cookie(app: &App, method: &str, path: &str, cookie: &str) -> u16 {
    let nobody = "00000000-0000-0000-0000-000000000000";
    let path = path.replace("{other}", nobody).replace("{session}", nobody);
    let request = app.program().request(&method.parse().unwrap(), &path).header("cookie", cookie);
    let request = request.header("content-type", "application/json").body("{}".into()).unwrap();
    app.program().send(request).await.status.as_u16()
}

/// P8: by whatever way somebody asks for it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_becomes_an_admin_by_asking(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let before = app.digest().await;
    for (name, value) in
        [("role", json!("admin")), ("email_verified", json!(true)), ("is_active", json!(true))]
    {
        let account = json!({ "email": "eve@example.com", "password": PASSWORD, name: value });
        for (method, path, body) in [
            ("PATCH", "/api/v1/users/me", json!({ name: value })),
            ("PUT", "/api/v1/users/me", json!({ "name": "Ana", name: value })),
            ("POST", "/api/v1/users", account.clone()),
            ("POST", "/api/v1/auth/register", account),
        ] {
            let errors = ana.call(method, path, &body).await.expect(422).problem().errors;
            assert_eq!(
                (errors[0].field.as_str(), errors[0].code.as_str()),
                (name, "unknown"),
                "{method} {path}"
            );
        }
        let asked = format!("/api/v1/users/me?{name}=admin");
        ana.call("PATCH", &asked, &json!({ "name": "Ana" })).await.expect(422);
    }
    assert_eq!(app.digest().await, before);
}

async fn callers(app: &App) -> [Program; 5] {
    let disabled = app.member_program("disabled").await;
    app.world
        .execute("UPDATE users SET is_active = false WHERE email_canonical = 'disabled@example.com'")
        .await;
    let (member, admin) = (app.member_program("member").await, app.admin_program("admin").await);
    let unproven = app.admin_program("unproven").await;
    app.world.execute("UPDATE users SET email_verified = email NOT LIKE 'unproven%'").await;
    [app.program(), member, admin, disabled, unproven]
}
