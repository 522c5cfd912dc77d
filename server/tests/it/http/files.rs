//! The built site's files: compressed, cached for ever or asked again, never executed as something else.

use crate::app::{App, HASHED};
use sqlx::PgPool;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_hashed_name_lasts_for_ever(pool: PgPool) {
    let app = App::new(pool);
    let answer = app.browser().get(HASHED).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(answer.header("content-type"), Some("text/javascript"));
    let missing = app.browser().get("/pkg/doorstep.AAAAAAAAAAAAAAAAAAAAAA.js").await.expect(404);
    assert_eq!(missing.header("cache-control"), Some("no-store"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn files_come_compressed_as_they_were_built(pool: PgPool) {
    let app = App::new(pool);
    for (accepts, coding, text) in [
        ("br, gzip", Some("br"), "(brotli)"),
        ("gzip", Some("gzip"), "(gzip)"),
        ("identity", None, "export default 'plain';"),
    ] {
        let answer = app.browser().with("accept-encoding", accepts).get(HASHED).await.expect(200);
        assert_eq!(answer.header("content-encoding"), coding);
        assert_eq!(answer.text, text);
        assert!(answer.header("vary").unwrap().contains("accept-encoding"));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_rest_is_asked_for_again_and_answered_304(pool: PgPool) {
    let app = App::new(pool);
    let first = app.browser().get("/favicon.svg").await.expect(200);
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    for (name, value) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
        let value = first.header(value).unwrap();
        let again = app.browser().with(name, value).get("/favicon.svg").await.expect(304);
        assert_eq!(again.header("cache-control"), Some("no-cache"));
        assert!(again.text.is_empty());
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_outside_the_site_is_served(pool: PgPool) {
    let app = App::new(pool);
    for path in [
        "/pkg/",
        "/pkg",
        "/../Cargo.toml",
        "/pkg/..%2f..%2fCargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/pkg/%00",
    ] {
        let mut api = app.browser().with("accept", "*/*");
        assert_eq!(api.get(path).await.expect(404).code(), "not_found", "{path}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn pages_and_problem_documents_are_compressed(pool: PgPool) {
    let app = App::new(pool);
    for coding in ["br", "gzip"] {
        let mut browser = app.browser().with("accept-encoding", coding);
        assert_eq!(browser.get("/login").await.expect(200).header("content-encoding"), Some(coding));
        let mut api = browser.with("accept", "application/json");
        assert_eq!(api.get("/nothing").await.expect(404).header("content-encoding"), Some(coding));
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_file_cannot_give_is_a_problem_document(pool: PgPool) {
    let app = App::new(pool);
    for (name, value, status) in
        [("range", "bytes=1000-", 416), ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT", 412)]
    {
        let mut api = app.browser().with("accept", "*/*").with(name, value);
        assert_eq!(api.get("/favicon.svg").await.expect(status).problem().status, status);
    }
}
