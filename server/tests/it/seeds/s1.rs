//! Access and refresh tokens, and accounts kept by admins.

use super::{Paths, Readme};
use crate::actors::{Answer, Program};
use crate::app::App;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::PASSWORD;

/// The calls of the README, in the order in which one account and its admin make them: what is sent, by whom,
/// what comes back.
const CALLS: &[(&str, &str, Who, u16)] = &[
    ("POST", "/api/v1/users", Who::Nobody, 201),
    ("POST", "/api/v1/auth/login", Who::Nobody, 200),
    ("POST", "/api/v1/auth/refresh", Who::Nobody, 200),
    ("GET", "/api/v1/users/me", Who::Ana, 200),
    ("PUT", "/api/v1/users/me", Who::Ana, 200),
    ("GET", "/api/v1/users", Who::Admin, 200),
    ("GET", "/api/v1/users/{user_id}", Who::Admin, 200),
    ("PUT", "/api/v1/users/{user_id}", Who::Admin, 200),
    ("POST", "/api/v1/auth/logout", Who::Ana, 204),
    ("DELETE", "/api/v1/users/{user_id}", Who::Admin, 204),
];

#[derive(Clone, Copy, PartialEq)]
enum Who {
    Nobody,
    Ana,
    Admin,
}

fn body(method: &str, path: &str, refresh_token: &str) -> Value {
    match (method, path) {
        ("POST", "/api/v1/users") => json!({ "email": "ana@example.com", "password": PASSWORD }),
        ("POST", "/api/v1/auth/login") => json!({ "username": "ana@example.com", "password": PASSWORD }),
        ("POST", "/api/v1/auth/refresh") => json!({ "refresh_token": refresh_token }),
        ("PUT", _) => json!({ "first_name": "Ana" }),
        _ => json!({}),
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_call_that_the_readme_lists_works(pool: PgPool) {
    let mut listed = Readme::read("s1")
        .listed_calls()
        .into_iter()
        .map(|(call, what)| (call, what.ends_with("(admin only)")))
        .collect::<Vec<_>>();
    let calls = CALLS.iter().map(|(method, path, who, _)| (format!("{method} {path}"), *who == Who::Admin));
    let mut known: Vec<_> = calls.collect();
    listed.sort();
    known.sort();
    assert_eq!(listed, known);

    let app = App::new(pool);
    let (mut ana, admin) = (app.program(), app.admin_program("admin").await);
    let (mut id, mut refresh_token) = (String::new(), String::new());
    for (method, path, who, status) in CALLS {
        let caller = if *who == Who::Admin { &admin } else { &ana };
        let sent = body(method, path, &refresh_token);
        let answer = caller.call(method, &path.replace("{user_id}", &id), &sent).await.expect(*status);
        learn(&answer, &mut ana, &mut id, &mut refresh_token);
    }
}

/// What the next calls need of this answer.
fn learn(answer: &Answer, ana: &mut Program, id: &mut String, refresh_token: &mut String) {
    let Ok(body) = serde_json::from_str::<Value>(&answer.text) else { return };
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    ana.token = text("access_token").or(ana.token.take());
    *id = text("id").unwrap_or(std::mem::take(id));
    *refresh_token = text("refresh_token").unwrap_or(std::mem::take(refresh_token));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_keeps_what_the_readme_claims(pool: PgPool) {
    Readme::read("s1").says("Argon2 password hashing");
    let paths = Paths { register: "/api/v1/users", login: "/api/v1/auth/login" };
    paths.keep_what_every_readme_claims(&App::new(pool)).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_out_invalidates_both_tokens(pool: PgPool) {
    Readme::read("s1").says("Logout user (invalidate tokens)");
    let app = App::new(pool);
    let mut ana = app.member_program("ana").await;
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    let pair = ana.post("/api/v1/auth/login", login).await.expect(200).json();
    ana.token = pair["access_token"].as_str().map(str::to_owned);
    ana.post("/api/v1/auth/logout", json!({})).await.expect(204);
    ana.get("/api/v1/users/me").await.expect(401);
    let refresh = json!({ "refresh_token": pair["refresh_token"] });
    ana.post("/api/v1/auth/refresh", refresh).await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_for_admins_is_refused_to_users(pool: PgPool) {
    Readme::read("s1").says("Role-based access control");
    let app = App::new(pool);
    let (ana, eve) = (app.member_program("ana").await, app.member_program("eve").await);
    let id = eve.get("/api/v1/users/me").await.json()["id"].as_str().unwrap().to_owned();
    for (method, path, who, _) in CALLS {
        if *who == Who::Admin {
            let path = path.replace("{user_id}", &id);
            assert_eq!(ana.call(method, &path, &json!({})).await.expect(403).code(), "forbidden", "{path}");
        }
    }
    let promotion = json!({ "role": "admin" });
    assert_eq!(ana.call("PUT", "/api/v1/users/me", &promotion).await.expect(422).code(), "invalid");
}
