//! `REQUIRE_VERIFIED` for programs: a client of any family is told why it waits, and how to go on.

use crate::app::App;
use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::{World, mail_code};

const ANA: &str = "ana@example.com";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_client_of_each_family_waits_for_the_proof(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.require_verified = true), |_| ());
    let ana = app.member_program("ana").await;
    let cookie = app.cookie_of("ana").await;
    let by_cookie = || {
        let request = app.program().request(&Method::GET, "/auth/me").header("cookie", &cookie);
        request.body(axum::body::Body::empty()).unwrap()
    };
    let families = ["/api/v1/users/me", "/api/auth/me", "/me"];
    for path in families {
        assert_eq!(ana.get(path).await.expect(403).code(), "email_unverified", "{path}");
    }
    assert_eq!(app.program().send(by_cookie()).await.expect(403).code(), "email_unverified");
    let named = ana.call("PATCH", "/api/v1/users/me", &json!({ "name": "Ana" })).await.expect(403);
    assert_eq!(named.code(), "email_unverified");

    let moved = json!({ "email": "ana@new.example" });
    let kept = ana.call("PATCH", "/api/v1/users/me", &moved).await.expect(200).json();
    assert_eq!((&kept["email"], &kept["email_verified"]), (&ANA.into(), &false.into()), "it waits too");
    app.world.mail().await;
    ana.post("/api/v1/auth/email/resend", json!({ "email": ANA })).await.expect(202);
    let code = mail_code(&app.world.mail().await[0]);
    ana.post("/api/v1/auth/email/verify", json!({ "email": ANA, "code": code })).await.expect(204);
    for path in families {
        assert_eq!(ana.get(path).await.expect(200).json()["email_verified"], true, "{path}");
    }
    app.program().send(by_cookie()).await.expect(200);
}
