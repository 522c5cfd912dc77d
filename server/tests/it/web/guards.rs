//! Every page times every caller, from the program's own list of pages.

use crate::app::App;
use app::routes::{Guard, PAGES};
use leptos_axum::generate_route_list;
use sqlx::PgPool;

#[test]
fn every_route_of_the_app_has_a_guard() {
    let mut routes: Vec<_> =
        generate_route_list(app::App).iter().map(|route| route.path().to_owned()).collect();
    let mut pages: Vec<_> = PAGES.iter().map(|page| page.path.to_owned()).collect();
    routes.sort();
    pages.sort();
    assert_eq!(routes, pages);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_page_admits_whom_its_guard_says(pool: PgPool) {
    let app = App::new(pool);
    let (mut stranger, mut ana, mut root) = (app.browser(), app.member("ana").await, app.admin("root").await);
    for page in PAGES {
        let expected = match page.guard {
            Guard::Open => [200, 200, 200],
            Guard::Strangers => [200, 303, 303],
            Guard::Members => [303, 200, 200],
            Guard::Admins => [303, 403, 200],
        };
        for (browser, status) in [&mut stranger, &mut ana, &mut root].into_iter().zip(expected) {
            let answer = browser.get(page.path).await.expect(status);
            assert_eq!(status == 303, answer.text.is_empty(), "a redirect has no body: {}", page.path);
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
    assert!(answer.text.contains("Your password"));
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
        assert!(!answer.text.contains("Your profile") && !answer.text.contains("Your password"), "{path}");
    }
}
