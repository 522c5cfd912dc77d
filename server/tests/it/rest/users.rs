use crate::app::App;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_reads_changes_and_deletes_accounts(pool: PgPool) {
    let app = App::new(pool);
    let (admin, ana) = (app.admin_program("admin").await, app.member_program("ana").await);
    let list = admin.get("/api/v1/users?q=ANA%40&limit=10").await.expect(200).json();
    assert_eq!((list["items"].as_array().unwrap().len(), &list["next_cursor"]), (1, &json!(null)));
    let path = format!("/api/v1/users/{}", list["items"][0]["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.expect(200).json()["email"], "ana@example.com");

    let why = json!({ "is_active": false, "reason": "Spam" });
    let disabled = admin.call("PATCH", &path, &why).await.expect(200);
    assert!(!disabled.text.contains("Spam"), "it is told on the sign-in page");
    ana.get("/api/v1/users/me").await.expect(401);
    admin.call("PUT", &path, &json!({ "is_active": true, "role": "admin" })).await.expect(200);
    assert_eq!(admin.call("PATCH", &path, &json!({ "password": "x" })).await.expect(422).code(), "invalid");
    admin.call("DELETE", &format!("{path}/sessions"), &json!({})).await.expect(204);
    admin.call("DELETE", &path, &json!({})).await.expect(204);
    admin.get(&path).await.expect(404);
    let trail = admin.get("/api/v1/audit?limit=100").await.expect(200).json();
    assert!(trail["items"].as_array().unwrap().iter().any(|event| event["kind"] == "account_deleted"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_last_admin_stays(pool: PgPool) {
    let app = App::new(pool);
    let admin = app.admin_program("admin").await;
    let id = admin.get("/api/v1/users/me").await.expect(200).json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    for (method, body) in [
        ("PATCH", json!({ "role": "user" })),
        ("PATCH", json!({ "is_active": false })),
        ("DELETE", json!({})),
    ] {
        assert_eq!(admin.call(method, &path, &body).await.expect(409).code(), "last_admin", "{body}");
    }
    assert_eq!(admin.call("DELETE", "/api/v1/users/me", &json!({})).await.expect(409).code(), "last_admin");
}
