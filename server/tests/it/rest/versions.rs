//! `ETag`, `If-Match` and `If-None-Match` (RFC 9110 sections 8.8.3 and 13.1).

use crate::actors::{Answer, Program};
use crate::app::App;
use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

async fn with(caller: &Program, method: &str, path: &str, header: (&str, &str), body: &Value) -> Answer {
    let request = caller.request(&method.parse().unwrap(), path).header(header.0, header.1);
    let request = request.header("content-type", "application/json");
    caller.send(request.body(body.to_string().into()).unwrap()).await
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_for_a_version_that_is_no_more_is_refused(pool: PgPool) {
    let app = App::new(pool);
    let (ana, admin) = (app.member_program("ana").await, app.admin_program("admin").await);
    let id = ana.get("/api/v1/users/me").await.json()["id"].as_str().unwrap().to_owned();
    let own = format!("/api/v1/users/{id}");
    for (caller, methods, path) in [
        (&ana, &["PUT", "PATCH"][..], "/api/v1/users/me"),
        (&ana, &["PUT"], "/me"),
        (&admin, &["PUT", "PATCH"], &own),
    ] {
        for method in methods {
            let first = tag(&caller.get(path).await.expect(200));
            let one =
                with(caller, method, path, ("if-match", &first), &json!({ "bio": method })).await.expect(200);
            assert_ne!(tag(&one), first, "the answer carries the version that it is");
            let before = app.users().await;
            let weak = format!("W/{}", tag(&one));
            let inside = format!("\"{}", tag(&one));
            for stale in [&first, &weak, &inside, "\"\"", "", "nonsense", "*, \"x\""] {
                let refused = with(caller, method, path, ("if-match", stale), &json!({ "bio": "old" })).await;
                assert_eq!(refused.expect(412).code(), "precondition_failed", "{method} {path} {stale}");
            }
            assert_eq!(app.users().await, before);
            for good in [&tag(&one), &format!("\"x\", {}", tag(&one)), "*"] {
                with(caller, method, path, ("if-match", good), &json!({})).await.expect(200);
            }
            caller.call(method, path, &json!({ "bio": null })).await.expect(200);
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_changed_since_is_not_deleted(pool: PgPool) {
    let app = App::new(pool);
    let (ana, eve) = (app.member_program("ana").await, app.member_program("eve").await);
    let admin = app.admin_program("admin").await;
    let id = eve.get("/api/v1/users/me").await.json()["id"].as_str().unwrap().to_owned();
    for (caller, path) in [(&ana, "/api/v1/users/me"), (&admin, &format!("/api/v1/users/{id}"))] {
        let stale = tag(&caller.get(path).await.expect(200));
        caller.call("PATCH", path, &json!({ "name": "Newer" })).await.expect(200);
        let refused = with(caller, "DELETE", path, ("if-match", &stale), &json!({})).await.expect(412);
        assert_eq!(refused.code(), "precondition_failed");
        let fresh = tag(&caller.get(path).await.expect(200));
        with(caller, "DELETE", path, ("if-match", &fresh), &json!({})).await.expect(204);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_knows_the_account_is_not_sent_it_again(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let program = app.program();
    let login = json!({ "email": "ana@example.com", "password": testkit::PASSWORD });
    let pair = program.post("/api/v1/auth/login", login).await.expect(200).json();
    let bearer = format!("Bearer {}", pair["access_token"].as_str().unwrap());
    let cookie = app.cookie_of("ana").await;
    for (path, who) in [
        ("/api/v1/users/me", ("authorization", &bearer)),
        ("/api/auth/me", ("authorization", &bearer)),
        ("/me", ("authorization", &bearer)),
        ("/auth/me", ("cookie", &cookie)),
    ] {
        let ask = async |known: Option<&str>| {
            let request = program.request(&Method::GET, path).header(who.0, who.1);
            let request =
                known.iter().fold(request, |request, known| request.header("if-none-match", *known));
            program.send(request.body(axum::body::Body::empty()).unwrap()).await
        };
        let tag = tag(&ask(None).await.expect(200));
        for known in [&tag, &format!("W/{tag}"), &format!("\"x\",{tag}"), "*"] {
            let answer = ask(Some(known)).await.expect(304);
            assert_eq!(
                (answer.text.as_str(), answer.header("etag")),
                ("", Some(tag.as_str())),
                "{path} {known}"
            );
        }
        for other in ["\"x\"", "", "x"] {
            assert_eq!(
                ask(Some(other)).await.expect(200).json()["email"],
                "ana@example.com",
                "{path} {other}"
            );
        }
    }
}
