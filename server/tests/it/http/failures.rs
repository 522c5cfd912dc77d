//! What breaks shows as a clean page or problem document, and says nothing of how it broke.

use crate::app::App;
use axum::Router;
use axum::routing::get;
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;
use testkit::{PASSWORD, World};
use tokio::task::JoinSet;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_panic_is_a_clean_500(pool: PgPool) {
    let more = Router::new().route("/panic", get(async || -> () { panic!("canary: {}", 6 * 7) }));
    let app = App::new(pool).serving(more);
    let page = app.browser().get("/panic").await.expect(500);
    assert!(page.is_html() && page.text.contains("Something went wrong"));
    assert!(page.text.contains("Harbour") && !page.text.contains("canary") && !page.text.contains("<script"));
    let problem = app.browser().with("accept", "application/json").get("/panic").await.expect(500);
    assert_eq!(problem.code(), "internal");
    assert!(!problem.text.contains("canary"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_request_that_takes_too_long_is_ended(pool: PgPool) {
    let mut app = App::new(pool);
    app.state.request_timeout = Duration::ZERO;
    let app = app.serving(Router::new().route("/never", get(std::future::pending::<()>)));
    let page = app.browser().get("/never").await.expect(503);
    assert!(page.is_html() && page.text.contains("That took too long"));
    let problem = app.browser().with("accept", "application/json").get("/never").await.expect(503);
    assert_eq!((problem.code().as_str(), problem.header("retry-after")), ("unavailable", Some("5")));
}

/// E1: a change that takes too long may have been made, whoever asked for it; a read changes nothing.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_a_change_that_takes_too_long_nobody_knows_whether_it_was_made(pool: PgPool) {
    let mut app = App::new(pool.clone());
    let (ana, program) = (app.member("ana").await, app.member_program("ben").await);
    app.state.request_timeout = Duration::ZERO;
    let late = app.serving(Router::new());
    let (mut page, mut api) = (late.browser(), late.program());
    page.cookies.clone_from(&ana.cookies);
    api.token.clone_from(&program.token);
    // However quick the machine is, the answer has to wait for this lock.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE users").execute(&mut *lock).await.unwrap();
    let body = json!({ "bio": "Keeps the harbour light." });
    for (method, path, code) in [
        ("GET", "/api/v1/users/me", "unavailable"),
        ("PATCH", "/api/v1/users/me", "outcome_unknown"),
        ("PUT", "/api/v1/users/me", "outcome_unknown"),
        ("DELETE", "/api/v1/users/me", "outcome_unknown"),
        ("POST", "/api/v1/auth/logout", "outcome_unknown"),
    ] {
        let answer = api.call(method, path, &body).await.expect(503);
        assert_eq!(
            (answer.code().as_str(), answer.header("retry-after")),
            (code, Some("5")),
            "{method} {path}"
        );
        assert!(answer.text.contains("That took too long") && !answer.text.contains("Nothing was changed"));
    }
    let answer = page.call("/fn/profile/save", &[("form[bio]", "A long text.")]).await.expect(503);
    assert_eq!(answer.code(), "outcome_unknown");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_plain_post_that_takes_too_long_loses_no_text(pool: PgPool) {
    let mut app = App::new(pool.clone());
    let mut ana = app.member("ana").await;
    app.state.request_timeout = Duration::ZERO;
    let mut late = app.serving(Router::new()).browser();
    late.cookies.clone_from(&ana.cookies);
    // However quick the machine is, the answer has to wait for this lock.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE users").execute(&mut *lock).await.unwrap();
    let answer = late.post("/fn/profile/save", &[("form[bio]", "A long text.")]).await.expect(303);
    assert_eq!(answer.location(), Some("/account"));
    lock.rollback().await.unwrap();
    ana.cookies = late.cookies;
    let page = ana.get("/account").await.expect(503);
    assert!(page.text.contains("That took too long") && page.text.contains(">A long text.</textarea>"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_word_of_the_database_leaves(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    app.world.execute("ALTER TABLE audit_events RENAME TO canary_events").await;
    let fields = [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD)];
    let called = app.browser().call("/fn/login", &fields).await.expect(500);
    assert_eq!(called.code(), "internal");
    let page = app.browser().post("/fn/login", &fields).await.expect(500);
    assert!(page.is_html());
    for text in [called.text, page.text] {
        let lower = text.to_lowercase();
        for word in ["audit_events", "relation", "sqlx", "postgres", "insert", "rust"] {
            assert!(!lower.contains(word), "{word}: {text}");
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_unknown_address_is_a_page_or_a_problem_document(pool: PgPool) {
    let app = App::new(pool);
    let page = app.browser().get("/nothing").await.expect(404);
    assert!(page.is_html() && page.text.contains("Page not found"));
    let mut ana = app.member("ana").await;
    assert!(ana.get("/nothing").await.expect(404).text.contains("Sign out"), "a member keeps the way out");
    let problem = app.browser().with("accept", "*/*").get("/nothing").await.expect(404);
    assert_eq!(problem.code(), "not_found");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_wrong_method_is_a_page_or_a_problem_document(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let page = ana.post("/account", &[]).await.expect(405);
    assert!(page.is_html() && page.text.contains("Not allowed here"));
    assert_eq!(page.header("allow"), Some("GET,HEAD"));
    assert_eq!(ana.call("/account", &[]).await.expect(405).code(), "method_not_allowed");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn more_sign_ins_than_the_cores_can_check_are_told_to_wait(pool: PgPool) {
    let world = World::with(pool, |settings| settings.hashing.permits = 1);
    let app = App::with(world, |_| ());
    let mut calls = JoinSet::new();
    for n in 0..48 {
        let mut browser = app.browser();
        calls.spawn(async move {
            let name = format!("nobody-{n}");
            let fields = [("form[identifier]", name.as_str()), ("form[password]", PASSWORD)];
            browser.call("/fn/login", &fields).await
        });
    }
    let answers = calls.join_all().await;
    let (busy, checked): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 503);
    assert!(!busy.is_empty() && !checked.is_empty());
    for answer in busy {
        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("overloaded", Some("2")));
    }
    for answer in checked {
        assert_eq!(answer.expect(401).code(), "wrong_credentials");
    }
}
