//! Promise P31: redirects stay on our origin. (Every `Location` any test sees is checked, too.)

use crate::app::App;
use sqlx::PgPool;
use testkit::PASSWORD;

const ELSEWHERE: &[&str] = &[
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "https:evil.example",
    "/%0d%0aLocation: https://evil.example",
    "/ü",
    "@evil.example",
    "/login",
    "/fn/logout",
    "/.//x/",
    "/..//x",
    "/account//x",
    "/account/../x",
    "/account/..%2f%2fx",
    "/account/%2e%2E/x",
    "/%2e%2e//x",
    "/%2F/evil.example",
    "/%5Cevil.example",
    "/%09/evil.example",
    "/account/..%252f%252fx",
    "/%6cogin",
    "/account%",
];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn next_never_leads_away(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    for next in ELSEWHERE {
        let fields =
            [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", next)];
        let plain = app.browser().post("/fn/login", &fields).await.expect(303);
        assert_eq!(plain.location(), Some("/account"), "{next:?}");
        let called = app.browser().call("/fn/login", &fields).await.expect(200);
        assert_eq!(called.location(), Some("/account"), "{next:?}");
        let query = serde_urlencoded::to_string([("next", next)]).unwrap();
        let guarded = ana.get(&format!("/login?{query}")).await.expect(303);
        assert_eq!(guarded.location(), Some("/account"), "{next:?}");
        let page = app.browser().get(&format!("/login?{query}")).await.expect(200);
        assert!(
            !page.text.contains("evil.example\">") && !page.text.contains("href=\"javascript:"),
            "{next:?}"
        );
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_referer_leads_nowhere(pool: PgPool) {
    let app = App::new(pool);
    let mut mallory = app.browser().with("referer", "https://evil.example/login");
    let answer =
        mallory.post("/fn/login", &[("form[identifier]", "x"), ("form[password]", "x")]).await.expect(303);
    assert_eq!(answer.location(), Some("/login"));
    let answer = mallory.post("/fn/logout", &[]).await.expect(303);
    assert_eq!(answer.location(), Some("/"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn password_managers_find_the_way(pool: PgPool) {
    let app = App::new(pool);
    let answer = app.browser().get("/.well-known/change-password").await.expect(303);
    assert_eq!(answer.location(), Some("/account/security"));
    let answer = app.browser().get("/.well-known/passkey-endpoints").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let page = "http://localhost:8000/account/factors";
    let found: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(found, serde_json::json!({"enroll": page, "manage": page}));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_slash_too_many_loses_no_query(pool: PgPool) {
    let app = App::new(pool);
    for (from, to) in [
        ("/login/", "/login"),
        ("/login/?next=/account/security", "/login?next=/account/security"),
        ("/login/?next=//evil.example", "/login?next=//evil.example"),
    ] {
        assert_eq!(app.browser().get(from).await.expect(303).location(), Some(to));
    }
}
