//! `/confirm`: the ways that an account has to show again whose it is, as plain forms.

use crate::actors::{Answer, Browser, HiddenFields};
use crate::app::App;
use app::AppSettings;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World, mail_code};
use time::Duration;

const CONFIRM: &str = "/fn/confirm";
const ASK: &str = "/fn/confirm/code/ask";
const ENTER: &str = "/fn/confirm/code";
const DELETE: &str = "/fn/account/delete";
const PAGE: &str = "/confirm?next=/account/leave";
const NEXT: (&str, &str) = ("form[next]", "/account/leave");
const PROVEN: &str = "UPDATE users SET email_verified = true";
const NO_PASSWORD: &str = "UPDATE users SET password_hash = NULL";

/// Which of the page's parts are there: the password, the button for a code, the code's field, the way to a password.
fn parts(page: &str) -> [bool; 4] {
    ["form[current_password]", "action=\"/fn/confirm/code/ask\"", "form[code]", "You need a password first"]
        .map(|part| page.contains(part))
}

async fn ready(app: &App) -> (Browser, HiddenFields) {
    let ana = app.member("ana").await;
    app.world.execute(PROVEN).await;
    app.world.mail().await;
    app.world.clock.advance(Duration::minutes(11));
    let hidden = ana.hidden_fields(CONFIRM).await;
    (ana, hidden)
}

async fn follow(browser: &mut Browser, answer: Answer) -> Answer {
    let to = answer.expect(303).location().unwrap().to_owned();
    browser.get(&to).await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_page_offers_each_way_that_the_account_has(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert_eq!(
        parts(&page),
        [true, false, false, false],
        "to an address of nobody's no code is mailed: {page}"
    );
    assert!(page.contains("href=\"/forgot\"") && page.contains("value=\"/account/leave\""), "{page}");
    assert!(!page.contains("id=\"program\"") && !page.contains("data-hydrated"), "no program comes with it");
    app.world.execute(PROVEN).await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert_eq!(parts(&page), [true, true, false, false], "{page}");
    assert!(page.contains("ana@example.com") && !page.contains("href=\"/forgot\""), "{page}");
    assert_eq!(parts(&ana.get("/confirm?step=enter").await.expect(200).text), [false, false, true, false]);
    app.world.execute(NO_PASSWORD).await;
    assert_eq!(parts(&ana.get(PAGE).await.expect(200).text), [false, true, false, false]);
    app.world.execute("UPDATE users SET email_verified = false").await;
    for path in [PAGE, "/confirm?step=enter"] {
        let page = ana.get(path).await.expect(200).text;
        assert_eq!(parts(&page), [false, false, false, true], "{path}: {page}");
        assert!(page.contains("href=\"/forgot\""), "{page}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_mail_the_page_offers_no_code(pool: PgPool) {
    let world = World::with(pool, |settings| settings.mail.enabled = false);
    let app = App::with(world, |state| {
        state.app = Arc::new(AppSettings { mail: false, ..AppSettings::clone(&state.app) });
    });
    let mut ana = app.member("ana").await;
    app.world.execute(PROVEN).await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert_eq!(parts(&page), [true, false, false, false], "{page}");
    assert!(!page.contains("href=\"/forgot\""), "{page}");
    assert_eq!(ana.call(ASK, &[]).await.expect(409).code(), "other_account", "a form that nobody was shown");
    let hidden = ana.hidden_fields(CONFIRM).await;
    assert_eq!(ana.call_as(&hidden, ASK, &[]).await.expect(503).code(), "mail_off");
    app.world.execute(NO_PASSWORD).await;
    let page = ana.get(PAGE).await.expect(200).text;
    assert_eq!(parts(&page), [false, false, false, true], "{page}");
    assert!(page.contains("Ask whoever runs this site") && !page.contains("href=\"/forgot\""), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_by_mail_leads_on_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, hidden) = ready(&app).await;
    app.world.execute(NO_PASSWORD).await;
    let asked = ana.post_as(&hidden, ASK, &[NEXT]).await.expect(303);
    let step = asked.location().unwrap().to_owned();
    let page = ana.get(&step).await.expect(200).text;
    assert_eq!(parts(&page), [false, false, true, false], "{page}");
    assert!(page.contains("An email is on its way.") && page.contains("value=\"/account/leave\""), "{page}");
    let again = ana.get(&step).await.expect(200).text;
    assert_eq!(parts(&again), [false, false, true, false], "after a reload, too");
    assert!(!again.contains("An email is on its way."), "once");

    let mail = app.world.mail().await.remove(0);
    assert_eq!(mail.to, "ana@example.com");
    let answer = ana.post_as(&hidden, ENTER, &[("form[code]", "AAAAA-AAAAA"), NEXT]).await;
    let page = follow(&mut ana, answer).await.expect(200).text;
    for beside in
        ["id=\"code-error\"", "aria-invalid=\"true\"", "value=\"AAAAA-AAAAA\"", "value=\"/account/leave\""]
    {
        assert!(page.contains(beside), "{beside}: {page}");
    }
    assert_eq!(ana.get("/account/export").await.expect(303).location(), Some(PAGE), "nothing was confirmed");
    let code = mail_code(&mail);
    let answer = ana.post_as(&hidden, ENTER, &[("form[code]", &code), NEXT]).await.expect(303);
    assert_eq!(answer.location(), Some("/account/leave"));
    ana.get("/account/export").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_that_went_to_somebody_else_confirms_nothing(pool: PgPool) {
    let app = App::new(pool);
    let mut eve = app.member("eve").await;
    let (mut ana, hidden) = ready(&app).await;
    let eves = eve.hidden_fields(CONFIRM).await;
    eve.post_as(&eves, ASK, &[NEXT]).await.expect(303);
    let code = mail_code(&app.world.mail().await.remove(0));
    let answer = ana.post_as(&hidden, ENTER, &[("form[code]", &code), NEXT]).await;
    assert!(follow(&mut ana, answer).await.expect(200).text.contains("id=\"code-error\""));
    assert_eq!(ana.get("/account/export").await.expect(303).location(), Some(PAGE));
}

/// A page that says "wait" says when to come back, to a program, too.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn too_many_tries_say_when_the_next_one_counts(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, hidden) = ready(&app).await;
    for (function, typed) in [(CONFIRM, ("form[current_password]", "wrong")), (ASK, NEXT)] {
        let mut tries = 0;
        let page = loop {
            tries += 1;
            assert!(tries < 20, "{function} has no limit");
            let fields = if typed == NEXT { vec![NEXT] } else { vec![typed, NEXT] };
            let answer = ana.post_as(&hidden, function, &fields).await;
            let page = follow(&mut ana, answer).await;
            match page.status.as_u16() {
                200 => assert_eq!(page.text.contains("id=\"current_password-error\""), function == CONFIRM),
                _ => break page.expect(429),
            }
        };
        assert!(tries > 3, "{function}: {tries}");
        assert!(page.header("retry-after").is_some(), "{function}");
        let said = page.text.replace("<!>", "");
        assert!(said.contains("Too many attempts. Try again in"), "{function}: {said}");
        assert!(said.contains("value=\"/account/leave\""), "{function}: {said}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn next_never_leads_away_from_the_page_that_confirms(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, hidden) = ready(&app).await;
    for hostile in
        ["//evil.example", "https://evil.example/", "/\\evil.example", "/.//evil.example", "/login"]
    {
        let mut query = serde_urlencoded::to_string([("next", hostile)]).unwrap();
        query.insert_str(0, "/confirm?");
        let page = ana.get(&query).await.expect(200).text;
        assert!(!page.contains("evil.example") && page.contains("name=\"form[next]\" value=\"\""), "{page}");
        let stranger = app.browser().get(&query).await.expect(303);
        assert_eq!(stranger.location(), Some("/login?next=/account"), "{hostile}");
        let asked = ana.post_as(&hidden, ENTER, &[("form[code]", "x"), ("form[next]", hostile)]).await;
        assert_eq!(asked.expect(303).location(), Some("/confirm"), "{hostile}");
    }
    for hostile in ["//evil.example", "/login"] {
        let right = [("form[current_password]", PASSWORD), ("form[next]", hostile)];
        let confirmed = ana.post_as(&hidden, CONFIRM, &right).await.expect(303);
        assert_eq!(confirmed.location(), Some("/account"), "{hostile}");
    }
    let asked = ana.post_as(&hidden, ASK, &[("form[next]", "//evil.example")]).await.expect(303);
    assert_eq!(asked.location(), Some("/confirm?step=enter"));
}

/// A new sign-in is a confirmation: it leads to where that would have led.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stranger_signs_in_in_place_of_confirming(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, hidden) = ready(&app).await;
    let mut stranger = app.browser();
    assert_eq!(stranger.get(PAGE).await.expect(303).location(), Some("/login?next=/account/leave"));
    ana.post(DELETE, &[("form[email]", "typed")]).await.expect(303);
    let kept = ana.cookies.get("unsent").cloned();
    assert!(kept.is_some());
    app.world.execute("UPDATE sessions SET ended_at = now()").await;
    let right = [("form[current_password]", PASSWORD), NEXT];
    let ended = ana.post_as(&hidden, CONFIRM, &right).await.expect(303);
    assert_eq!(ended.location(), Some("/account/leave"));
    assert_eq!(ana.cookies.get("unsent"), kept.as_ref(), "what was typed before waits on");
    assert_eq!(ana.get("/account/leave").await.expect(303).location(), Some("/login?next=/account/leave"));
}

/// Whoever mistyped their address at the sign-up is not kept.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_is_deleted_before_its_address_is_proven(pool: PgPool) {
    let app = App::with(World::with(pool, |settings| settings.require_verified = true), |_| ());
    let mut ana = app.member("ana").await;
    assert!(ana.get("/account").await.expect(200).text.contains("href=\"/account/leave\""));
    let page = ana.get("/account/leave").await.expect(200).text;
    assert!(page.contains("action=\"/fn/account/delete\"") && page.contains("For 14 days you can"), "{page}");
    assert!(!page.contains("href=\"/account/export\"") && page.contains("Confirm your email"), "{page}");
    app.world.clock.advance(Duration::minutes(11));
    assert_eq!(ana.post(DELETE, &[]).await.expect(303).location(), Some(PAGE));
    let page = ana.get(PAGE).await.expect(200).text;
    assert_eq!(parts(&page), [true, false, false, false], "{page}");
    let right = [("form[current_password]", PASSWORD), NEXT];
    let page = ana.post_and_follow(CONFIRM, &right).await.expect(200).text;
    assert!(page.contains("Nothing was changed yet."), "{page}");
    assert_eq!(ana.post(DELETE, &[]).await.expect(303).location(), Some("/login"));
    assert_eq!(app.world.count("SELECT count(*) FROM users WHERE closes_at IS NOT NULL").await, 1);
}
