//! Two-step sign-in without scripts: turning it on, its second step, and what a sign-in cannot do that waits for it.

mod trusted;
mod waiting;

use super::{admin, functions, guards};
use crate::actors::{Answer, Browser};
use crate::app::App;
use accounts::Clock;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::PgPool;
use testkit::{PASSWORD, World, totp_code};
use time::Duration;

const PAGE: &str = "/account/factors";
const BEGIN: &str = "/fn/factors/totp/begin";
const CONFIRM: &str = "/fn/factors/totp/confirm";
const SECOND_STEP: &str = "/login/factor";
const SIGN_IN: &str = "/fn/login/factor";
const EMAIL: (&str, &str) = ("form[identifier]", "ana@example.com");

/// The text between two marks, the first time that they are there.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split(after).next().unwrap()
}

/// The key that the page shows.
fn key(page: &str) -> String {
    between(page, "class=\"key\">", "</p>").replace("<!>", "").replace(' ', "")
}

/// The recovery codes that the page shows; none where it shows none.
fn codes(page: &str) -> Vec<String> {
    let Some(list) = page.split("<ol aria-labelledby=\"codes\"").nth(1) else { return Vec::new() };
    let items = list.split("</ol>").next().unwrap().split("<li>").skip(1);
    items.map(|item| item.split("</li>").next().unwrap().replace("<!>", "")).collect()
}

/// Ana's browser, her app's key and her recovery codes, once two-step sign-in is on.
pub async fn enrolled(app: &App) -> (Browser, String, Vec<String>) {
    let mut ana = app.member("ana").await;
    let page = ana.post_and_follow(BEGIN, &[]).await.expect(200).text;
    let secret = key(&page);
    let code = totp_code(&secret, app.world.clock.now() - Duration::seconds(30));
    let page = ana.post_and_follow(CONFIRM, &[("form[code]", &code)]).await.expect(200).text;
    let codes = codes(&page);
    assert_eq!(codes.len(), 10, "{page}");
    (ana, secret, codes)
}

/// The first step of Ana's sign-in, and its answer.
pub async fn first_step(app: &App, next: &str) -> (Browser, Answer) {
    let mut browser = app.browser();
    let fields = [EMAIL, ("form[password]", PASSWORD), ("form[next]", next)];
    let answer = browser.post("/fn/login", &fields).await.expect(303);
    (browser, answer)
}

fn recovery(code: &str) -> [(&str, &str); 2] {
    [("form[method]", "recovery_code"), ("form[code]", code)]
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_is_turned_on_step_by_step_and_the_codes_are_shown_once(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    assert!(ana.get(PAGE).await.expect(200).text.contains("Two-step sign-in is off."));
    let page = ana.post_and_follow(BEGIN, &[]).await.expect(200).text;
    assert!(page.contains("role=\"img\" aria-label=\"QR code"), "{page}");
    assert!(page.contains("<svg viewBox=") && page.contains("otpauth://totp/"), "{page}");
    let secret = key(&page);
    assert_eq!(key(&ana.get(PAGE).await.expect(200).text), secret, "it waits for its code");

    let refused = ana.post_and_follow(CONFIRM, &[("form[code]", "12")]).await.expect(200).text;
    assert!(between(&refused, "id=\"code-error\"", "</p>").contains("6 digits"), "{refused}");
    assert_eq!(key(&refused), secret);
    let code = totp_code(&secret, app.world.clock.now());
    let done = ana.post_and_follow(CONFIRM, &[("form[code]", &code)]).await.expect(200).text;
    assert!(done.contains("Two-step sign-in is on, and"), "{done}");
    let shown = codes(&done);
    assert_eq!(shown.len(), 10, "{done}");
    let again = ana.get(PAGE).await.expect(200).text;
    assert!(codes(&again).is_empty() && shown.iter().all(|code| !again.contains(code)), "{again}");
    assert!(!again.contains("class=\"key\""), "the key is not shown again either: {again}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_second_step_signs_in_and_leads_on(pool: PgPool) {
    let app = App::new(pool);
    let (_, secret, codes) = enrolled(&app).await;
    let (mut browser, answer) = first_step(&app, "/account/security").await;
    assert_eq!(answer.location(), Some(SECOND_STEP));
    let cookie = answer.set_cookie("signin").unwrap();
    for part in ["; Max-Age=300", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    for absent in ["session-token", "device", "flash"] {
        assert!(answer.set_cookie(absent).is_none(), "{absent}");
    }
    let page = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(page.contains("inputmode=\"numeric\"") && page.contains("autocomplete=\"one-time-code\""));
    let code = totp_code(&secret, app.world.clock.now());
    let done = browser.post(SIGN_IN, &[("form[method]", "totp"), ("form[code]", &code)]).await.expect(303);
    assert_eq!(done.location(), Some("/account/security"));
    assert!(done.set_cookie("signin").unwrap().contains("Max-Age=0"));
    browser.get("/account/security").await.expect(200);

    let (mut browser, _) = first_step(&app, "").await;
    let page = browser.get("/login/factor?method=recovery_code").await.expect(200).text;
    assert!(page.contains("value=\"recovery_code\"") && !page.contains("inputmode"), "{page}");
    let done = browser.post(SIGN_IN, &recovery(&codes[0].to_lowercase())).await.expect(303);
    assert_eq!(done.location(), Some("/account"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_code_is_said_beside_its_field_and_never_shown_again(pool: PgPool) {
    let app = App::new(pool);
    enrolled(&app).await;
    let (mut browser, _) = first_step(&app, "").await;
    let page = browser.post_and_follow(SIGN_IN, &recovery("aaaa-bbbb-cccc-dddd")).await.expect(200).text;
    assert!(page.contains("id=\"code-error\"") && !page.to_lowercase().contains("aaaa-bbbb"), "{page}");
    assert!(page.contains("value=\"recovery_code\""), "it asks for the same: {page}");
    let other = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(!other.contains("id=\"code-error\""), "said once: {other}");
}

/// P26: under its own name, as a browser sends it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_cookie_of_a_second_step_opens_no_page_and_no_function(pool: PgPool) {
    let app = App::new(pool);
    enrolled(&app).await;
    let (waiting, _) = first_step(&app, "").await;
    let mut waiting = waiting;
    for (path, [stranger, ..]) in guards::EXPECTED {
        let answer = waiting.get(path).await.expect(*stranger);
        assert!(!answer.text.contains("ana@example.com"), "{path}");
    }
    for (path, stranger, _) in functions::EXPECTED.iter().filter(|(path, ..)| !path.starts_with(SIGN_IN)) {
        let fields = functions::fields(path);
        waiting.call(path, fields).await.expect(*stranger);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_that_has_ended_says_so(pool: PgPool) {
    let app = App::new(pool);
    let (_, _, codes) = enrolled(&app).await;
    let page = app.browser().get(SECOND_STEP).await.expect(200).text;
    assert!(page.contains("This sign-in has ended") && page.contains("href=\"/login\""), "{page}");
    assert_eq!(
        app.browser().call(SIGN_IN, &recovery(&codes[0])).await.expect(401).code(),
        "challenge_invalid"
    );

    let (mut browser, _) = first_step(&app, "").await;
    app.world.clock.advance(Duration::minutes(5));
    let answer = browser.post(SIGN_IN, &recovery(&codes[0])).await.expect(303);
    assert!(answer.set_cookie("signin").unwrap().contains("Max-Age=0"));
    let page = browser.get(answer.location().unwrap()).await.expect(200).text;
    assert!(page.contains("This sign-in has ended"), "{page}");

    let (mut browser, _) = first_step(&app, "").await;
    for _ in 0..5 {
        browser.post(SIGN_IN, &recovery("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF")).await.expect(303);
    }
    let page = browser.get(SECOND_STEP).await.expect(200);
    assert!(page.text.contains("This sign-in has ended"), "{}", page.text);
}

/// P31.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_second_step_leads_off_no_origin(pool: PgPool) {
    let app = App::new(pool);
    let (_, _, codes) = enrolled(&app).await;
    for (hostile, code) in ["//evil.example", "https://evil.example/", "/\\evil.example"].iter().zip(&codes) {
        let (mut browser, answer) = first_step(&app, hostile).await;
        assert_eq!(answer.location(), Some(SECOND_STEP));
        let path = format!("{SECOND_STEP}?method=recovery_code&next={hostile}");
        let page = browser.get(&path.replace('\\', "%5C")).await.expect(200).text;
        assert!(!page.contains("evil.example"), "{page}");
        // As WebAssembly would call it: what a plain post is answered is checked once more on its way.
        let done = browser.call(SIGN_IN, &recovery(code)).await.expect(200);
        assert_eq!(done.location(), Some("/account"), "{hostile}");
    }
}

/// A thief of a session reads no key and changes nothing: it asks who it is first.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_needs_a_recent_sign_in(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let page = ana.post_and_follow(BEGIN, &[]).await.expect(200).text;
    let secret = key(&page);
    app.world.clock.advance(Duration::minutes(11));
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(!page.contains("class=\"key\"") && !page.contains(&secret[..8]), "{page}");
    let answer = ana.post(BEGIN, &[]).await.expect(303);
    assert_eq!(answer.location(), Some("/confirm?next=/account/factors"));
    let confirmed = [("form[current_password]", PASSWORD), ("form[next]", PAGE)];
    let answer = ana.post("/fn/confirm", &confirmed).await.expect(303);
    assert_eq!(answer.location(), Some(PAGE));
    let page = ana.post_and_follow(BEGIN, &[]).await.expect(200).text;
    assert_ne!(key(&page), secret);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_cookie_of_a_second_step_is_bound_to_the_host(pool: PgPool) {
    let app = App::https(pool);
    enrolled(&app).await;
    let (_, answer) = first_step(&app, "").await;
    let cookie = answer.set_cookie("__Host-signin").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_is_turned_off_and_new_codes_are_made_by_plain_forms(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, old) = enrolled(&app).await;
    let page = ana.post_and_follow("/fn/factors/recovery-codes", &[]).await.expect(200).text;
    let new = codes(&page);
    assert!(new.len() == 10 && new.iter().all(|code| !old.contains(code)), "{page}");
    assert!(page.contains("You get in with your password and a recovery code."), "{page}");
    let page = ana.post_and_follow("/fn/factors/totp/remove", &[]).await.expect(200).text;
    assert!(page.contains("Two-step sign-in is off."), "{page}");
    let (_, answer) = first_step(&app, "").await;
    assert_eq!(answer.location(), Some("/account"), "the password alone is enough again");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_has_a_second_factor_confirms_with_it(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, codes) = enrolled(&app).await;
    app.world.clock.advance(Duration::minutes(11));
    let answer = ana.post("/fn/factors/recovery-codes", &[]).await.expect(303);
    let confirm = answer.location().unwrap().to_owned();
    assert_eq!(confirm, "/confirm?next=/account/factors");
    let page = ana.get(&confirm).await.expect(200).text;
    assert!(page.contains("Code from your app") && !page.contains("current_password"), "{page}");
    assert!(page.contains("method=recovery_code\">Use a recovery code instead"), "{page}");
    let fields = |code| [("form[method]", "recovery_code"), ("form[code]", code), ("form[next]", PAGE)];
    let refused = ana.post("/fn/confirm/factor", &fields("AAAA-BBBB-CCCC-DDDD")).await.expect(303);
    assert_eq!(refused.location(), Some("/confirm?next=/account/factors"));
    let page = ana.get(&confirm).await.expect(200).text;
    assert!(page.contains("id=\"code-error\"") && page.contains("value=\"recovery_code\""), "{page}");
    let done = ana.post("/fn/confirm/factor", &fields(&codes[0])).await.expect(303);
    assert_eq!(done.location(), Some(PAGE));
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(page.contains("9 recovery codes are left."), "{page}");
}

/// The browser keeps them on its disk for a moment, and whoever uses it next may be somebody else.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn recovery_codes_travel_sealed_and_are_shown_to_their_account_alone(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, _) = enrolled(&app).await;
    let mut ben = app.member("ben").await;
    let answer = ana.post("/fn/factors/recovery-codes", &[]).await.expect(303);
    let cookie = answer.set_cookie("flash").unwrap();
    assert!(cookie.contains("; Max-Age=600;"), "{cookie}");
    let value = between(cookie, "flash=", ";").to_owned();
    ben.cookies.insert("flash".to_owned(), value.clone());
    let others = ben.get(PAGE).await.expect(200).text;
    let flash = String::from_utf8(URL_SAFE_NO_PAD.decode(&value).unwrap()).unwrap();
    let page = ana.get(PAGE).await.expect(200).text;
    let shown = codes(&page);
    assert_eq!(shown.len(), 10, "{page}");
    for code in &shown {
        assert!(!flash.contains(code) && !flash.contains(&code.replace('-', "")), "{flash}");
        assert!(!others.contains(code), "{others}");
    }
    assert!(codes(&others).is_empty(), "{others}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_page_that_fails_loses_no_recovery_codes(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, _) = enrolled(&app).await;
    ana.post("/fn/factors/recovery-codes", &[]).await.expect(303);
    app.world.execute("ALTER TABLE totp RENAME TO away").await;
    let failed = ana.get(PAGE).await.expect(500);
    assert!(failed.set_cookie("flash").is_none());
    app.world.execute("ALTER TABLE away RENAME TO totp").await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert_eq!(codes(&page).len(), 10, "{page}");
}

/// The line was cut after the form, and the cookie with the codes never came.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn codes_that_nobody_has_seen_are_said_to_be_so(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, _) = enrolled(&app).await;
    ana.post("/fn/factors/recovery-codes", &[]).await.expect(303);
    ana.cookies.remove("flash");
    for _ in 0..2 {
        let page = ana.get(PAGE).await.expect(200).text;
        assert!(page.contains("made, but never shown to you"), "{page}");
        assert!(page.contains("Make new recovery codes, and keep them on paper."), "{page}");
        assert!(!page.contains("and a recovery code.") && !page.contains("codes are left"), "{page}");
    }
    let page = ana.post_and_follow("/fn/factors/recovery-codes", &[]).await.expect(200).text;
    assert!(page.contains("10 recovery codes are left.") && codes(&page).len() == 10, "{page}");
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(page.contains("10 recovery codes are left.") && codes(&page).is_empty(), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_admin_turns_it_off_for_somebody_who_has_lost_it(pool: PgPool) {
    let app = App::new(pool);
    let mut root = app.admin("root").await;
    let (mut ana, ..) = enrolled(&app).await;
    for (filter, shown) in [("true", true), ("false", false)] {
        let page = root.get(&format!("/admin/users?second_factor={filter}")).await.expect(200).text;
        assert_eq!(page.contains("ana@example.com"), shown, "{filter}: {page}");
        assert!(page.contains(&format!("value=\"{filter}\" selected")), "{page}");
    }
    let account = format!("/admin/users/{}", admin::id(&app, "ana").await);
    let page = root.get(&account).await.expect(200).text.replace("<!>", "");
    assert!(page.contains("<dd><bdi>Authenticator app</bdi></dd>"), "{page}");
    let (asked, act) = (format!("{account}/clear-factors"), "clear-factors");
    let confirmed = "/fn/admin/confirmed";
    let unsaid = admin::send(&mut root, &asked, confirmed, act, &[("form[reason]", " ")]).await;
    assert_eq!(unsaid.expect(303).location(), Some(asked.as_str()));
    assert!(root.get(&asked).await.expect(200).text.contains("Say why."));
    let done = admin::send(&mut root, &asked, confirmed, act, &[("form[reason]", "Lost <b>it</b>")]).await;
    assert_eq!(done.expect(303).location(), Some(account.as_str()));
    let page = root.get(&account).await.expect(200).text.replace("<!>", "");
    assert!(
        page.contains("Their two-step sign-in is off") && page.contains("Lost &lt;b&gt;it&lt;/b&gt;"),
        "{page}"
    );
    assert!(!page.contains("/clear-factors\""), "there is nothing left: {page}");
    root.get(&asked).await.expect(409);
    ana.get("/account").await.expect(303);
    let (_, answer) = first_step(&app, "").await;
    assert_eq!(answer.location(), Some("/account"), "the password is enough");
    let own = format!("/admin/users/{}/clear-factors", admin::id(&app, "root").await);
    root.get(&own).await.expect(409);
}

/// In production without mail there may be no key to encrypt with.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_nothing_can_be_encrypted_no_app_is_offered(pool: PgPool) {
    let world = World::with(pool, |settings| settings.encryption = None);
    let mut ana = App::with(world, |_| {}).member("ana").await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(page.contains("not set up for authenticator apps") && !page.contains(BEGIN), "{page}");
    // A page of before still has the form.
    let shown = ana.hidden_fields("/fn/logout").await;
    let answer = ana.post_as(&shown, BEGIN, &[]).await.expect(303);
    let page = ana.get(answer.location().unwrap()).await.expect(200).text;
    assert!(page.contains("not set up for two-step sign-in"), "{page}");
}

/// Its key was lost: the app's codes cannot be compared, and the recovery codes still work.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_app_that_cannot_be_opened_is_not_asked_for(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, _, codes) = enrolled(&app).await;
    app.world.execute("UPDATE totp SET key_id = 'lost'").await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(page.contains("be checked here at the moment"), "{page}");
    assert!(!page.contains("and your authenticator app.") && page.contains("and a recovery code."), "{page}");
    let (mut browser, _) = first_step(&app, "").await;
    let page = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(page.contains("value=\"recovery_code\"") && !page.contains("Use your authenticator"), "{page}");
    let page = browser.post_and_follow(SIGN_IN, &[("form[method]", "totp"), ("form[code]", "012345")]).await;
    assert!(page.expect(200).text.contains("not set up for two-step sign-in"));
    browser.post(SIGN_IN, &recovery(&codes[0])).await.expect(303);

    app.world.clock.advance(Duration::minutes(11));
    let page = ana.get("/confirm").await.expect(200).text;
    assert!(page.contains("value=\"recovery_code\"") && !page.contains("current_password"), "{page}");
    app.world.execute("DELETE FROM recovery_codes").await;
    let page = ana.get("/confirm").await.expect(200).text;
    assert!(page.contains("be checked here at") && !page.contains("current_password"), "{page}");

    // One that was begun is begun anew.
    let mut ben = app.member("ben").await;
    ben.post_and_follow(BEGIN, &[]).await.expect(200);
    app.world.execute("UPDATE totp_enrolments SET key_id = 'lost'").await;
    let page = ben.get(PAGE).await.expect(200).text;
    assert!(page.contains("Set up an authenticator app"), "{page}");
}

/// A new phone: there is no moment without a second step, and the paper codes stay.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_app_takes_the_place_of_one_on_the_page(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, old, _) = enrolled(&app).await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert!(page.contains("Use another app") && !page.contains("class=\"key\""), "{page}");
    let page = ana.post_and_follow(BEGIN, &[]).await.expect(200).text;
    assert!(page.contains("Two-step sign-in is on.") && page.contains("Your recovery codes stay."), "{page}");
    let new = key(&page);
    assert_ne!(new, old);
    let code = totp_code(&new, app.world.clock.now());
    let page = ana.post_and_follow(CONFIRM, &[("form[code]", &code)]).await.expect(200).text;
    assert!(page.contains("10 recovery codes are left.") && codes(&page).is_empty(), "{page}");
    assert!(!page.contains("class=\"key\""), "{page}");
}

/// The page was opened before the app was set up: its card is not there any more, and why it was refused is said all the
/// same.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refusal_of_a_card_that_has_gone_is_said(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, ..) = enrolled(&app).await;
    app.world.clock.advance(Duration::minutes(11));
    let shown = ana.hidden_fields("/fn/logout").await;
    let fields = [("form[current_password]", PASSWORD), ("form[next]", PAGE)];
    let answer = ana.post_as(&shown, "/fn/confirm", &fields).await.expect(303);
    let page = ana.get(answer.location().unwrap()).await.expect(200).text;
    assert!(page.contains("Code from your app") && page.contains("class=\"notices\""), "{page}");
    assert!(page.contains(words::detail::reauthenticate()), "{page}");
}
