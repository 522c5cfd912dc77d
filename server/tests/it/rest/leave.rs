//! Leaving over the API: the account closes at once, answers as nobody's, can be restored, and its data exported.

use crate::app::App;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::PASSWORD;
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
