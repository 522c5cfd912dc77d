//! Passkeys on the pages: what the script asks, and the plain forms that bring a browser's answer.

use crate::actors::{Answer, Browser};
use crate::app::App;
use serde_json::Value;
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{ISSUER, PASSWORD};
use time::Duration;

const PAGE: &str = "/account/factors";
const OPTIONS: &str = "/fn/passkey/options";
const ADD: &str = "/fn/factors/passkeys/add";
const SIGN_IN: &str = "/fn/login/passkey";
const SECOND_STEP: &str = "/login/factor";

/// What the script is answered; `account` is that of the page.
async fn ask(browser: &mut Browser, purpose: &str, account: Option<&str>) -> Answer {
    let account = account.map(|account| ("account", account));
    let fields: Vec<_> = [("form[purpose]", purpose)].into_iter().chain(account).collect();
    browser.call(OPTIONS, &fields).await
}

/// The account that a page's forms name.
fn account(page: &str) -> String {
    let rest = page.split("name=\"account\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Ana's browser and her passkey, and the page that says that it was added.
async fn with_passkey(app: &App) -> (Browser, SoftAuthenticator, String) {
    let mut ana = app.member("ana").await;
    let id = account(&ana.get(PAGE).await.expect(200).text);
    let options = ask(&mut ana, "add", Some(&id)).await.expect(200).json();
    let mut device = SoftAuthenticator::new(KeyKind::Es256);
    let made = device.create(ISSUER, &options).to_string();
    let added = [("form[name]", "Laptop"), ("form[passkey]", made.as_str())];
    let page = ana.post_and_follow(ADD, &added).await.expect(200).text;
    (ana, device, page)
}

async fn answered(browser: &mut Browser, device: &mut SoftAuthenticator, purpose: &str) -> String {
    let options: Value = ask(browser, purpose, None).await.expect(200).json();
    device.get(ISSUER, &options).to_string()
}

async fn first_step(app: &App, next: &str) -> Browser {
    let mut browser = app.browser();
    let fields =
        [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", next)];
    let answer = browser.post("/fn/login", &fields).await.expect(303);
    assert_eq!(answer.location(), Some(SECOND_STEP));
    browser
}

/// The id of the one passkey that a page lists.
fn passkey_id(page: &str) -> String {
    let rest = page.split("name=\"form[id]\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_is_added_renamed_and_removed_by_plain_forms(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, page) = with_passkey(&app).await;
    assert!(page.contains("Your passkey was added") && page.contains("aria-labelledby=\"codes\""), "{page}");
    assert!(page.contains(">Laptop<") && page.contains("not used yet"), "{page}");
    assert!(!page.contains("Two-step sign-in is off."), "{page}");
    let id = passkey_id(&page);
    let renamed = [("form[id]", id.as_str()), ("form[name]", "<Desk>")];
    let page = ana.post_and_follow("/fn/factors/passkeys/rename", &renamed).await.expect(200).text;
    assert!(page.contains("&lt;Desk&gt;") && !page.contains("Laptop"), "{page}");
    let removed = [("form[id]", id.as_str())];
    let page = ana.post_and_follow("/fn/factors/passkeys/remove", &removed).await.expect(200).text;
    assert!(page.contains("The passkey was removed.") && page.contains("You have no passkey yet."), "{page}");
    assert!(page.contains("Two-step sign-in is off."), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_that_was_asked_signs_in_and_is_led_on(pool: PgPool) {
    let app = App::new(pool);
    let (_, mut device, _) = with_passkey(&app).await;
    let mut browser = app.browser();
    let asked = ask(&mut browser, "sign_in", None).await.expect(200);
    let cookie = asked.set_cookie("passkey").unwrap().to_owned();
    for part in ["; Max-Age=300", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let answer = device.get(ISSUER, &asked.json()).to_string();
    // Another tab asks meanwhile: both of them can go on.
    let again = ask(&mut browser, "sign_in", None).await.expect(200);
    assert_eq!(again.set_cookie("passkey"), Some(cookie.as_str()));
    let fields = [("form[passkey]", answer.as_str()), ("form[next]", "/account/security")];
    let done = browser.post(SIGN_IN, &fields).await.expect(303);
    assert_eq!(done.location(), Some("/account/security"));
    assert!(done.set_cookie("passkey").unwrap().contains("Max-Age=0"));
    assert!(done.set_cookie("session-token").unwrap().contains("; Path=/"));
    browser.get("/account/security").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_another_browser_was_asked_signs_nobody_in_and_the_page_says_so(pool: PgPool) {
    let app = App::new(pool);
    let (_, mut device, _) = with_passkey(&app).await;
    let answer = answered(&mut app.browser(), &mut device, "sign_in").await;
    let mut other = app.browser();
    for asked in [false, true] {
        if asked {
            ask(&mut other, "sign_in", None).await.expect(200);
        }
        let fields = [("form[passkey]", answer.as_str()), ("form[next]", "/account/security")];
        let refused = other.post(SIGN_IN, &fields).await.expect(303);
        assert!(refused.set_cookie("session-token").is_none());
        assert_eq!(refused.location(), Some("/login?next=/account/security"));
        let page = other.get("/login").await.expect(200).text;
        assert!(page.contains("This passkey was not accepted."), "{page}");
        assert!(!page.contains("clientDataJSON"), "{page}");
    }
}

/// P31.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_leads_off_no_origin(pool: PgPool) {
    let app = App::new(pool);
    let (_, mut device, _) = with_passkey(&app).await;
    for hostile in ["//evil.example", "https://evil.example/", "/\\evil.example"] {
        let mut browser = app.browser();
        let answer = answered(&mut browser, &mut device, "sign_in").await;
        let fields = [("form[passkey]", answer.as_str()), ("form[next]", hostile)];
        let done = browser.call(SIGN_IN, &fields).await.expect(200);
        assert_eq!(done.location(), Some("/account"), "{hostile}");
    }
}

/// P26: only the browser whose sign-in waits is asked for the second step's passkey.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_second_step_offers_the_passkey_first_and_takes_it(pool: PgPool) {
    let app = App::new(pool);
    let (_, mut device, _) = with_passkey(&app).await;
    let refused = ask(&mut app.browser(), "factor", None).await.expect(401);
    assert_eq!(refused.code(), "challenge_invalid");
    let mut browser = first_step(&app, "/account/security").await;
    let page = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(page.contains("data-passkey=\"factor\"") && page.contains("method=recovery_code"), "{page}");
    let answer = answered(&mut browser, &mut device, "factor").await;
    let fields = [("form[method]", "passkey"), ("form[code]", answer.as_str())];
    let done = browser.post("/fn/login/factor", &fields).await.expect(303);
    assert_eq!(done.location(), Some("/account/security"));
    let mut late = first_step(&app, "").await;
    let page = late.post_and_follow("/fn/login/factor", &fields).await.expect(200).text;
    assert!(page.contains("data-passkey=\"factor\"") && !page.contains("clientDataJSON"), "{page}");
    late.get("/account").await.expect(303);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_old_sign_in_is_confirmed_by_the_passkey(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, mut device, page) = with_passkey(&app).await;
    let id = account(&page);
    app.world.clock.advance(Duration::minutes(11));
    let refused = ask(&mut ana, "add", Some(&id)).await.expect(403);
    assert_eq!(refused.code(), "reauthenticate");
    let page = ana.get("/confirm?next=/account/factors").await.expect(200).text;
    assert!(page.contains("data-passkey=\"confirm\"") && !page.contains("type=\"password\""), "{page}");
    let options = ask(&mut ana, "confirm", Some(&id)).await.expect(200).json();
    let answer = device.get(ISSUER, &options).to_string();
    let fields = [("form[method]", "passkey"), ("form[code]", answer.as_str()), ("form[next]", PAGE)];
    let done = ana.post("/fn/confirm/factor", &fields).await.expect(303);
    assert_eq!(done.location(), Some(PAGE));
    ask(&mut ana, "add", Some(&id)).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_account_is_asked_for_nothing(pool: PgPool) {
    let app = App::new(pool);
    let (_, _, page) = with_passkey(&app).await;
    let (mut eve, ana) = (app.member("eve").await, account(&page));
    for purpose in ["confirm", "add"] {
        assert_eq!(ask(&mut eve, purpose, Some(&ana)).await.expect(409).code(), "other_account");
        assert_eq!(ask(&mut app.browser(), purpose, None).await.expect(401).code(), "sign_in_needed");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_cookie_of_a_passkey_is_bound_to_the_host(pool: PgPool) {
    let app = App::https(pool);
    let asked = ask(&mut app.browser(), "sign_in", None).await.expect(200);
    let cookie = asked.set_cookie("__Host-passkey").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_passkeys_do_not_work_none_is_offered(pool: PgPool) {
    let world = testkit::World::with(pool, |settings| settings.issuer = "http://203.0.113.7".to_owned());
    let app = App::with(world, |_| ());
    let page = app.browser().get("/login").await.expect(200).text;
    assert!(!page.contains("data-passkey=\"") && !page.contains("id=\"passkey-words\""), "{page}");
    app.browser().get("/.well-known/passkey-endpoints").await.expect(404);
    let mut ana = app.member("ana").await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(
        page.contains("Passkeys do not work at this site") && !page.contains("data-passkey=\""),
        "{page}"
    );
}
