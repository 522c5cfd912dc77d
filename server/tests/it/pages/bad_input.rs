//! Bad input gets its clear answer, never a 500, and the row stays as it was.

use crate::app::App;
use axum::body::Body;
use http::Method;
use sqlx::PgPool;
use testkit::PASSWORD;

const FORM: &str = "application/x-www-form-urlencoded";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_profile_names_its_field_and_changes_nothing(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let before = app.users().await;
    let long = |count| "x".repeat(count);
    for (field, text, code) in [
        ("name", long(101), "too_long"),
        ("first_name", long(51), "too_long"),
        ("last_name", long(51), "too_long"),
        ("bio", long(301), "too_long"),
        ("username", long(33), "length"),
        ("username", "ab".into(), "length"),
        ("username", "a@b.example".into(), "invalid"),
        ("name", "a\0b".into(), "invalid"),
        ("name", "a\u{7}b".into(), "invalid"),
        ("name", "a\nb".into(), "invalid"),
        ("bio", "a\u{1b}[31m".into(), "invalid"),
    ] {
        let answer = ana.call("/fn/profile/save", &[(&format!("form[{field}]"), &text)]).await.expect(422);
        let errors = answer.problem().errors;
        assert_eq!((errors[0].field.as_str(), errors[0].code.as_str()), (field, code), "{text:?}");
    }
    assert_eq!(app.users().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_sign_up_names_its_fields_and_makes_no_row(pool: PgPool) {
    let app = App::new(pool);
    let mut bob = app.browser();
    let long = format!("{}@example.com", "a".repeat(250));
    let huge = "p".repeat(129);
    for (email, password, field) in [
        ("", PASSWORD, "email"),
        ("bob", PASSWORD, "email"),
        ("bob@@example.com", PASSWORD, "email"),
        ("bob\0@example.com", PASSWORD, "email"),
        (&long, PASSWORD, "email"),
        ("bob@example.com", "", "password"),
        ("bob@example.com", "short", "password"),
        ("bob@example.com", &huge, "password"),
        ("bob@example.com", "a\0bcdefghijkl", "password"),
    ] {
        let fields = [("form[email]", email), ("form[password]", password)];
        let answer = bob.call("/fn/register", &fields).await.expect(422);
        assert!(answer.problem().field(field).is_some(), "{email:?}");
    }
    assert_eq!(app.users().await, "");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_body_that_is_no_form_of_ours_is_unreadable(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let before = app.users().await;
    let bodies: &[&[u8]] = &[
        b"form[role]=admin",
        b"form[id]=x",
        b"form[email_verified]=true",
        b"form[password_hash]=x",
        b"form[name]=a&role=admin",
        b"name=a",
        b"form[name]=a&form[name]=b",
        b"form[name]=a&form%5Bname%5D=b",
        b"form[name][x]=a",
        b"form[name]=%FF%FE",
        b"form[name]=%C3",
        b"form[name]=%zz",
        b"form[name]=\xff",
        b"form=x",
        b"&&&=",
        b"\0\0\0",
    ];
    let hidden = ana.hidden_fields("/fn/profile/save").await.with(&[]);
    for body in bodies {
        let whole = [hidden.as_bytes(), b"&", body].concat();
        let answer = ana.post_raw("/fn/profile/save", "application/json", FORM, whole).await.expect(422);
        assert_eq!(answer.code(), "unreadable", "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(app.users().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn missing_fields_are_empty_ones(pool: PgPool) {
    let app = App::new(pool);
    let mut bob = app.browser();
    let answer = bob.call("/fn/login", &[("form[identifier]", "bob")]).await.expect(422);
    assert!(answer.problem().field("password").is_some());
    let answer = bob.call("/fn/register", &[("form[name]", "Bob")]).await.expect(422);
    assert!(answer.problem().field("email").is_some() && answer.problem().field("password").is_some());
    bob.call("/fn/login", &[]).await.expect(422);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_mebibyte_is_too_much_for_every_function(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let before = app.digest().await;
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        let body = [b"form[name]=".as_slice(), &vec![b'a'; 1 << 20]].concat();
        let answer = ana.post_raw(path, "application/json", FORM, body).await.expect(413);
        assert_eq!(answer.code(), "too_large", "{path}");
    }
    let answer = ana.post_raw("/csp-report", "*/*", "application/reports+json", vec![b'['; 1 << 20]).await;
    assert_eq!(answer.expect(413).code(), "too_large");
    assert_eq!(app.digest().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn strange_addresses_are_not_found(pool: PgPool) {
    let app = App::new(pool);
    let mut browser = app.browser().with("accept-encoding", "br, gzip");
    let deep = "/a".repeat(4_000);
    let names = [240, 241, 252, 253, 254, 255, 256, 8_000].map(|length| format!("/{}", "a".repeat(length)));
    for path in
        ["/fn/", "/fn/nothing", "/fn/login/", "/%00", "/pkg/a%00.js", "/%ff", "/a?%ff=%00", "/.env", &deep]
            .into_iter()
            .chain(names.iter().map(String::as_str))
    {
        for method in [Method::GET, Method::HEAD] {
            let request = browser.request(&method, path, "text/html").body(Body::empty()).unwrap();
            assert!(browser.send(request).await.expect(404).is_html(), "{method} {path}");
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_survives_any_query(pool: PgPool) {
    let app = App::new(pool);
    for query in
        ["next=%ff", "next", "%", "next=/a&next=/b", "__path=/fn/login&__err=eyJ9", "a[b=c&]=", "cookie=%00"]
    {
        app.browser().get(&format!("/login?{query}")).await.expect(200);
    }
}
