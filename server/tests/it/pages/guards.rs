//! Every page times every caller. A page that is missing in the table fails the test.

use crate::app::App;
use app::routes::{DOCUMENTS, PAGES};
use sqlx::PgPool;
use std::collections::BTreeSet;
use testkit::World;

/// Answers to a stranger, a member, an admin, and somebody who has to prove their address first.
pub(crate) const EXPECTED: &[(&str, [u16; 4])] = &[
    ("/", [200, 200, 200, 200]),
    ("/account", [303, 200, 200, 200]),
    ("/account/activity", [303, 200, 200, 200]),
    ("/account/factors", [303, 200, 200, 303]),
    ("/account/leave", [303, 200, 200, 200]),
    ("/account/security", [303, 200, 200, 200]),
    ("/admin", [303, 403, 200, 403]),
    ("/admin/audit", [303, 403, 200, 403]),
    ("/admin/invitations", [303, 403, 200, 403]),
    ("/admin/users", [303, 403, 200, 403]),
    ("/admin/users/new", [303, 403, 200, 403]),
    ("/admin/users/{user}", [303, 403, 404, 403]),
    ("/admin/users/{user}/{act}", [303, 403, 404, 403]),
    ("/confirm", [303, 200, 200, 200]),
    ("/forgot", [200, 200, 200, 200]),
    ("/invite", [200, 200, 200, 200]),
    ("/login", [200, 303, 303, 303]),
    ("/login/code", [200, 303, 303, 303]),
    ("/login/factor", [200, 303, 303, 303]),
    ("/not-me", [200, 200, 200, 200]),
    ("/register", [200, 303, 303, 303]),
    ("/reset", [200, 200, 200, 200]),
    ("/verify", [200, 200, 200, 200]),
];

#[test]
fn the_table_the_guards_and_the_routes_name_the_same_pages() {
    let routes: BTreeSet<_> = server::page_routes().iter().map(|route| route.path().to_owned()).collect();
    let guarded: BTreeSet<_> = PAGES.iter().map(|page| page.path.to_owned()).collect();
    let listed: BTreeSet<_> = EXPECTED.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(routes, guarded, "the program's own");
    let guarded: BTreeSet<_> =
        guarded.into_iter().chain(DOCUMENTS.iter().map(|page| page.path.to_owned())).collect();
    assert_eq!(listed.len(), EXPECTED.len());
    let (missing, unknown) = (&guarded - &listed, &listed - &guarded);
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not in the table: {missing:?}; nowhere else: {unknown:?}"
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_page_admits_whom_it_should(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.require_verified = true), |_| ());
    let (mut stranger, mut ana, mut root) = (app.browser(), app.member("ana").await, app.admin("root").await);
    app.world.execute("UPDATE users SET email_verified = true").await;
    let mut una = app.member("una").await;
    for (path, expected) in EXPECTED {
        let callers = [&mut stranger, &mut ana, &mut root, &mut una];
        for (caller, (browser, status)) in callers.into_iter().zip(*expected).enumerate() {
            let answer = browser.get(path).await.expect(status);
            assert_eq!(status == 303, answer.text.is_empty(), "a redirect has no body: {path}");
            let stays = status == 200 && *path != "/account/leave";
            let waits = caller == 3 && path.starts_with("/account") && stays;
            assert_eq!(waits, answer.text.contains("You can go on once we know"), "{path}");
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stranger_is_led_back_after_signing_in(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let mut stranger = app.browser();
    let answer = stranger.get("/account/security").await.expect(303);
    assert_eq!(answer.location(), Some("/login?next=/account/security"));
    let page = stranger.get("/login?next=/account/security").await.expect(200);
    assert!(page.text.contains("name=\"form[next]\" value=\"/account/security\""));
    let sign_in = [
        ("form[identifier]", "ana@example.com"),
        ("form[password]", testkit::PASSWORD),
        ("form[next]", "/account/security"),
    ];
    let answer = stranger.post_and_follow("/fn/login", &sign_in).await.expect(200);
    assert!(answer.text.contains("Change your password"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_member_has_no_use_for_the_sign_in_page(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    assert_eq!(ana.get("/login").await.expect(303).location(), Some("/account"));
    let answer = ana.get("/login?next=/account/security").await.expect(303);
    assert_eq!(answer.location(), Some("/account/security"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_slash_at_the_end_or_an_escape_opens_no_guarded_page(pool: PgPool) {
    let app = App::new(pool);
    let mut stranger = app.browser();
    assert_eq!(stranger.get("/account/").await.expect(303).location(), Some("/account"));
    for path in ["/%61ccount", "/account%2Fsecurity", "//account", "/account//security"] {
        let answer = stranger.get(path).await.expect(404);
        assert!(
            !answer.text.contains("Your profile") && !answer.text.contains("Change your password"),
            "{path}"
        );
    }
}
