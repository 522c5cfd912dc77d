use crate::app::App;
use serde_json::json;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn put_and_patch_change_the_fields_given(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    for (method, name) in [("PUT", "Ana I."), ("PATCH", "Ana Ilves")] {
        let user =
            ana.call(method, "/api/v1/users/me", &json!({ "name": name, "bio": "A\r\nB" })).await.expect(200);
        assert_eq!(user.json()["name"], name);
        assert_eq!(user.json()["bio"], "A\nB");
    }
    let cleared = ana.call("PATCH", "/api/v1/users/me", &json!({ "bio": null })).await.expect(200).json();
    assert_eq!((&cleared["bio"], cleared["name"].as_str()), (&json!(null), Some("Ana Ilves")));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_address_and_deletion_want_a_recent_sign_in_or_the_password(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let change = json!({ "email": "ana.new@example.com" });
    ana.call("PUT", "/api/v1/users/me", &change).await.expect(200);
    app.world.clock.advance(Duration::minutes(11));
    let later = json!({ "email": "ana.later@example.com" });
    assert_eq!(ana.call("PUT", "/api/v1/users/me", &later).await.expect(403).code(), "reauthenticate");
    assert_eq!(ana.call("DELETE", "/api/v1/users/me", &json!({})).await.expect(403).code(), "reauthenticate");
    let proven = json!({ "email": "ana.later@example.com", "current_password": PASSWORD });
    ana.call("PUT", "/api/v1/users/me", &proven).await.expect(200);
    ana.call("DELETE", "/api/v1/users/me", &json!({ "current_password": PASSWORD })).await.expect(204);
    ana.get("/api/v1/users/me").await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_survives_its_own_change_of_password_and_others_do_not(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let mut other = app.program();
    let login = json!({ "email": "ana@example.com", "password": PASSWORD });
    let pair = other.post("/api/v1/auth/login", login).await.expect(200).json();
    other.token = pair["access_token"].as_str().map(str::to_owned);
    let change = json!({ "current_password": PASSWORD, "new_password": "violet staircase under snow" });
    ana.post("/api/v1/users/me/password", change).await.expect(204);
    ana.get("/api/v1/users/me").await.expect(200);
    other.get("/api/v1/users/me").await.expect(401);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sessions_are_listed_and_ended_by_their_owner_alone(pool: PgPool) {
    let app = App::new(pool);
    let (ana, eve) = (app.member_program("ana").await, app.member_program("eve").await);
    app.member("unrelated").await;
    let sessions = ana.get("/api/v1/users/me/sessions").await.expect(200).json();
    assert_eq!((sessions.as_array().unwrap().len(), &sessions[0]["current"]), (1, &json!(true)));
    let id = sessions[0]["id"].as_str().unwrap();
    let path = format!("/api/v1/users/me/sessions/{id}");
    assert_eq!(eve.call("DELETE", &path, &json!({})).await.expect(404).code(), "not_found");
    ana.call("DELETE", &path, &json!({})).await.expect(204);
    ana.get("/api/v1/users/me").await.expect(401);
    eve.call("DELETE", "/api/v1/users/me/sessions", &json!({})).await.expect(204);
    eve.get("/api/v1/users/me").await.expect(200);
}

/// P6: what is cached is no ground to change anything.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_call_that_changes_anything_asks_for_its_session_anew(pool: PgPool) {
    let app = App::new(pool);
    let ana = app.member_program("ana").await;
    let source = app.world.accounts.sources().remove(0);
    let changes = app.world.accounts.listen(&source).await.unwrap();
    for hits in [1, 3, 5] {
        ana.get("/api/v1/users/me").await.expect(200);
        assert_eq!(app.world.accounts.cache_hits(), hits, "the account, and then both");
    }
    // The word of it is not listened to.
    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    ana.get("/api/v1/users/me").await.expect(200);
    for (method, path) in [
        ("PATCH", "/api/v1/users/me"),
        ("DELETE", "/api/v1/users/me"),
        ("POST", "/api/v1/users/me/password"),
        ("POST", "/api/v1/auth/logout"),
    ] {
        assert_eq!(
            ana.call(method, path, &json!({})).await.expect(401).code(),
            "invalid_token",
            "{method} {path}"
        );
    }
    drop(changes);
    ana.get("/api/v1/users/me").await.expect(401);
}
