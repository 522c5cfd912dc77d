//! Every registered server function, from Leptos' own registry: one that is missing in the table fails.

use crate::app::App;
use http::Method;
use leptos::server_fn::axum::server_fn_paths;
use sqlx::PgPool;
use std::collections::BTreeMap;

/// Path, and what an empty call is answered: of a stranger, and of somebody who has to prove their address first.
pub(crate) const EXPECTED: &[(&str, u16, u16)] = &[
    ("/fn/account/delete", 401, 409),
    ("/fn/activity/load", 401, 403),
    ("/fn/admin/act", 401, 403),
    ("/fn/admin/confirmed", 401, 403),
    ("/fn/admin/invitations/revoke", 401, 403),
    ("/fn/admin/invite", 401, 403),
    ("/fn/admin/link", 401, 403),
    ("/fn/confirm", 401, 422),
    ("/fn/confirm/code", 401, 422),
    ("/fn/confirm/code/ask", 401, 200),
    ("/fn/confirm/factor", 401, 422),
    ("/fn/devices/forget", 401, 403),
    ("/fn/email/cancel", 401, 200),
    ("/fn/email/change", 401, 422),
    ("/fn/email/load", 401, 200),
    ("/fn/factors/passkeys/add", 401, 403),
    ("/fn/factors/passkeys/remove", 401, 403),
    ("/fn/factors/passkeys/rename", 401, 403),
    ("/fn/factors/recovery-codes", 401, 403),
    ("/fn/factors/totp/begin", 401, 403),
    ("/fn/factors/totp/confirm", 401, 403),
    ("/fn/factors/totp/remove", 401, 403),
    ("/fn/invite", 422, 422),
    ("/fn/leave/load", 401, 200),
    ("/fn/login", 422, 422),
    ("/fn/login/code", 422, 422),
    ("/fn/login/code/ask", 422, 422),
    ("/fn/login/factor", 401, 422),
    ("/fn/login/factor/end", 200, 200),
    ("/fn/login/passkey", 422, 422),
    ("/fn/logout", 200, 200),
    ("/fn/not-me", 422, 422),
    ("/fn/passkey/options", 422, 422),
    ("/fn/password/change", 401, 403),
    ("/fn/password/forgot", 422, 422),
    ("/fn/password/reset", 422, 422),
    ("/fn/profile/load", 401, 403),
    ("/fn/profile/save", 401, 403),
    ("/fn/register", 422, 422),
    ("/fn/sessions/end", 401, 403),
    ("/fn/sessions/end-others", 401, 403),
    ("/fn/sessions/load", 401, 403),
    ("/fn/verify", 422, 422),
    ("/fn/verify/resend", 422, 422),
];

/// Nothing's.
pub(crate) const ID: &str = "00000000-0000-0000-0000-000000000007";

/// What gets a member's call past the check of its fields, as far as that is so.
pub(super) fn member_fields(path: &str) -> &'static [(&'static str, &'static str)] {
    match path {
        "/fn/password/change" => &[
            ("form[current_password]", testkit::PASSWORD),
            ("form[new_password]", "amber lantern on the step"),
        ],
        "/fn/profile/save" => &[("form[name]", "Ana")],
        "/fn/email/change" => &[("form[email]", "ana@new.example")],
        "/fn/sessions/end" => &[("form[session]", ID)],
        "/fn/devices/forget" => &[("form[device]", ID)],
        "/fn/factors/totp/confirm" => &[("form[code]", "012345")],
        "/fn/admin/act" | "/fn/admin/confirmed" | "/fn/admin/link" => &[("form[user]", ID)],
        "/fn/admin/invitations/revoke" => &[("form[invitation]", ID)],
        "/fn/admin/invite" => &[("form[email]", "x@example.com")],
        "/fn/factors/passkeys/add" => &[("form[name]", "x")],
        "/fn/factors/passkeys/remove" => &[("form[id]", ID)],
        "/fn/factors/passkeys/rename" => &[("form[id]", ID), ("form[name]", "x")],
        _ => &[],
    }
}

/// What gets a stranger's call past the check of its fields, as far as that is so.
pub(super) fn fields(path: &str) -> &'static [(&'static str, &'static str)] {
    match path {
        "/fn/password/change" | "/fn/confirm" => &[("form[current_password]", "x")],
        "/fn/confirm/code" => &[("form[code]", "AAAAA-AAAAA")],
        "/fn/factors/passkeys/remove" => &[("form[id]", ID)],
        "/fn/factors/passkeys/rename" => &[("form[id]", ID), ("form[name]", "x")],
        "/fn/factors/totp/confirm" => &[("form[code]", "012345")],
        "/fn/confirm/factor" | "/fn/login/factor" => &[("form[method]", "totp")],
        "/fn/factors/passkeys/add" | "/fn/profile/save" => &[("form[name]", "x")],
        "/fn/email/change" => &[("form[email]", "x")],
        "/fn/sessions/end" => &[("form[session]", ID)],
        "/fn/devices/forget" => &[("form[device]", ID)],
        "/fn/admin/act" | "/fn/admin/confirmed" | "/fn/admin/link" => &[("form[user]", ID)],
        "/fn/admin/invitations/revoke" => &[("form[invitation]", ID)],
        "/fn/admin/invite" => &[("form[email]", "x@example.com")],
        _ => &[],
    }
}

#[test]
fn the_table_is_complete() {
    let registered: BTreeMap<_, _> = server_fn_paths().collect();
    let mut expected: Vec<_> = EXPECTED.iter().map(|(path, ..)| *path).collect();
    expected.sort_unstable();
    assert_eq!(registered.keys().copied().collect::<Vec<_>>(), expected);
    assert!(registered.values().all(|method| *method == Method::POST), "a GET would write");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_answers_a_stranger_and_a_wrong_method_and_media_type(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let before = app.digest().await;
    for (path, status, _) in EXPECTED {
        app.browser().call(path, fields(path)).await.expect(*status);
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let request =
                ana.request(&method, path, "application/json").body(axum::body::Body::empty()).unwrap();
            let answer = ana.send(request).await.expect(405);
            assert_eq!(
                (answer.code().as_str(), answer.header("allow")),
                ("method_not_allowed", Some("POST"))
            );
        }
        for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", ""] {
            let answer = ana.post_raw(path, "application/json", kind, "{}").await.expect(415);
            assert_eq!(answer.code(), "unsupported_media_type", "{path} {kind}");
        }
    }
    assert_eq!(app.digest().await, before);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refusal_has_the_status_of_its_problem(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let mut browser = app.browser();
    let wrong = [("form[identifier]", "ana@example.com"), ("form[password]", "not the password")];
    let answer = browser.call("/fn/login", &wrong).await.expect(401);
    assert_eq!(
        (answer.code().as_str(), answer.header("www-authenticate")),
        ("wrong_credentials", Some("Bearer"))
    );

    let taken = [("form[email]", "ANA@example.com"), ("form[password]", testkit::PASSWORD)];
    let answer = browser.call("/fn/register", &taken).await.expect(409);
    assert_eq!(answer.problem().field("email"), Some("There is already an account with this email."));

    let weak = [("form[email]", "bob@example.com"), ("form[password]", "password123")];
    let answer = browser.call("/fn/register", &weak).await.expect(422);
    assert!(answer.problem().field("password").is_some());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn closed_sign_up_is_said(pool: PgPool) {
    let world = testkit::World::with(pool, |settings| settings.signup = accounts::Signup::Closed);
    let app = App::with(world, |_| ());
    let fields = [("form[email]", "bob@example.com"), ("form[password]", testkit::PASSWORD)];
    assert_eq!(app.browser().call("/fn/register", &fields).await.expect(403).code(), "signup_closed");
    let page = app.browser().post("/fn/register", &fields).await.expect(403);
    assert!(page.is_html() && page.text.contains("Sign-up is closed"));
}
