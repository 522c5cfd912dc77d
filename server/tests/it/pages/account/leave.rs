//! Leaving through the pages, without WebAssembly: step-up, deletion, the way back, the file.

use crate::app::App;
use sqlx::PgPool;
use testkit::PASSWORD;
use time::Duration;

const DELETE: &str = "/fn/account/delete";
const CONFIRM: &str = "/fn/confirm";
const CLOSING: &str = "SELECT count(*) FROM users WHERE closes_at IS NOT NULL AND NOT is_active";
const ASKED: &str = "/confirm?next=/account/leave";

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_could_not_come_back_reads_what_to_do_first(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let asks = |page: &str| page.contains("name=\"form[email]\"");
    let page = ana.get("/account/leave").await.expect(200).text;
    assert!(!page.contains("You could not restore it") && !asks(&page), "{page}");
    app.world.execute("UPDATE users SET password_hash = NULL, email_verified = false").await;
    let page = ana.get("/account/leave").await.expect(200).text;
    assert!(
        page.contains("Confirm the address first") && page.contains("in 14 days") && asks(&page),
        "{page}"
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_old_sign_in_is_confirmed_and_the_deletion_goes_on(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let page = ana.get("/account/leave").await.expect(200);
    assert!(page.text.contains("For 14 days you can restore it"), "{}", page.text);
    app.world.clock.advance(Duration::minutes(11));
    assert_eq!(ana.call(DELETE, &[]).await.expect(403).code(), "reauthenticate");
    assert_eq!(ana.post(DELETE, &[]).await.expect(303).location(), Some(ASKED));
    ana.get(ASKED).await.expect(200);

    let wrong = [("form[current_password]", "wrong"), ("form[next]", "/account/leave")];
    let page = ana.post_and_follow(CONFIRM, &wrong).await.expect(200);
    assert!(
        page.text.contains("aria-invalid") && page.text.contains("value=\"/account/leave\""),
        "{}",
        page.text
    );
    assert_eq!(ana.post(DELETE, &[]).await.expect(303).location(), Some(ASKED), "nothing was confirmed");

    let right = [("form[current_password]", PASSWORD), ("form[next]", "/account/leave")];
    let page = ana.post_and_follow(CONFIRM, &right).await.expect(200);
    assert!(page.text.contains("Nothing was changed yet."), "{}", page.text);
    assert!(!ana.get("/account/leave").await.expect(200).text.contains("Nothing was changed yet."), "once");
    assert_eq!(app.world.count(CLOSING).await, 0);
    let page = ana.post_and_follow(DELETE, &[]).await.expect(200);
    assert!(page.text.contains("Your account was deleted"), "{}", page.text);
    assert_eq!(app.world.count(CLOSING).await, 1);
    assert_eq!(ana.get("/account").await.expect(303).location(), Some("/login?next=/account"));
}

/// Only to whoever has the password; then nothing else is offered.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sign_in_page_offers_to_restore_and_does(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    ana.post(DELETE, &[]).await.expect(303);
    let mut browser = app.browser();
    let guessed = [("form[identifier]", "ana@example.com"), ("form[password]", "wrong")];
    let page = browser.post_and_follow("/fn/login", &guessed).await.expect(200);
    assert!(!page.text.contains("form[restore]"), "{}", page.text);
    let known = [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD)];
    let page = browser.post_and_follow("/fn/login", &known).await.expect(200);
    assert!(page.text.contains("It can be restored for 14 days"), "{}", page.text);
    let restore = "name=\"form[restore]\" value=\"ana@example.com\"";
    assert!(page.text.contains(restore) && page.text.contains("Restore account"), "{}", page.text);
    assert!(page.text.matches(" hidden>").count() >= 2, "nothing else is offered: {}", page.text);
    assert!(page.text.contains("value=\"ana@example.com\""), "{}", page.text);
    assert_eq!(app.world.count(CLOSING).await, 1);
    let restored = [known[0], known[1], ("form[restore]", "ana@example.com")];
    assert_eq!(browser.post("/fn/login", &restored).await.expect(303).location(), Some("/account"));
    browser.get("/account").await.expect(200);
    assert_eq!(app.world.count(CLOSING).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_file_is_for_whoever_has_just_signed_in(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let file = ana.get("/account/export").await.expect(200);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"account-export.json\""));
    assert_eq!(file.json()["account"]["email"], "ana@example.com");
    assert!(file.header("ratelimit").is_some(), "it is counted as a call is");
    let taken = "SELECT count(*) FROM audit_events WHERE kind = 'data_exported'";
    assert_eq!(app.world.count(taken).await, 1);
    let before = app.digest().await;
    app.world.clock.advance(Duration::minutes(11));
    assert_eq!(ana.get("/account/export").await.expect(303).location(), Some(ASKED));
    let stranger = app.browser().get("/account/export").await.expect(303);
    assert_eq!(stranger.location(), Some("/login?next=/account/leave"));
    assert_eq!(app.digest().await, before);
}

/// The way back of whoever has no password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_page_for_codes_offers_to_restore_and_does(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    app.world.execute("UPDATE users SET email_verified = true").await;
    ana.post(DELETE, &[]).await.expect(303);
    app.world.execute("UPDATE users SET password_hash = NULL").await;
    app.world.mail().await;
    let mut browser = app.browser();
    browser.post("/fn/login/code/ask", &[("form[identifier]", "ana@example.com")]).await.expect(303);
    let code = testkit::mail_code(&app.world.mail().await.remove(0));
    let known = [("form[identifier]", "ana@example.com"), ("form[code]", code.as_str())];
    let page = browser.post_and_follow("/fn/login/code", &known).await.expect(200);
    let restore = "name=\"form[restore]\" value=\"ana@example.com\"";
    assert!(page.text.contains(restore) && page.text.contains("Restore account"), "{}", page.text);
    assert_eq!(app.world.count(CLOSING).await, 1);
    let restored = [known[0], known[1], ("form[restore]", "ana@example.com")];
    assert_eq!(browser.post("/fn/login/code", &restored).await.expect(303).location(), Some("/account"));
    assert_eq!(app.world.count(CLOSING).await, 0);
}
