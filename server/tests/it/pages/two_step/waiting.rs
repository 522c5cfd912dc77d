//! Sign-ins that wait for their second step, and what ends them in their browser; a code is for what its page was opened for.

use super::{BEGIN, CONFIRM, EMAIL, SECOND_STEP, SIGN_IN, codes, enrolled, first_step, key, recovery};
use crate::actors::HiddenFields;
use crate::app::App;
use accounts::Clock;
use sqlx::PgPool;
use testkit::{PASSWORD, totp_code};
use time::Duration;

const BEN: (&str, &str) = ("form[identifier]", "ben@example.com");

/// On a shared computer.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_that_waits_ends_with_another_and_with_a_sign_out(pool: PgPool) {
    let app = App::new(pool);
    enrolled(&app).await;
    let ben = app.member("ben").await;
    let (mut browser, _) = first_step(&app, "").await;
    let answer = browser.post("/fn/login", &[BEN, ("form[password]", PASSWORD)]).await.expect(303);
    assert!(answer.set_cookie("signin").unwrap().contains("Max-Age=0"));
    browser.post("/fn/logout", &[]).await.expect(303);
    let page = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(page.contains("This sign-in has ended"), "{page}");

    let (waiting, _) = first_step(&app, "").await;
    let mut browser = ben;
    browser.cookies.extend(waiting.cookies);
    let answer = browser.post("/fn/logout", &[]).await.expect(303);
    assert!(answer.set_cookie("signin").unwrap().contains("Max-Age=0"));
}

/// P35: two tabs of one browser.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_is_for_the_sign_in_that_its_page_was_opened_for(pool: PgPool) {
    let app = App::new(pool);
    let (_, _, codes) = enrolled(&app).await;
    let (mut browser, _) = first_step(&app, "").await;
    let [sign_in, again] = [SIGN_IN, "/fn/login/factor/end"];
    let (first, leaves) = (browser.hidden_fields(sign_in).await, browser.hidden_fields(again).await);
    let fields = [EMAIL, ("form[password]", PASSWORD)];
    browser.post("/fn/login", &fields).await.expect(303);
    for (hidden, function, fields) in [
        (&first, sign_in, &recovery(&codes[0])[..]),
        (&HiddenFields::default(), sign_in, &recovery(&codes[0])),
        (&leaves, again, &[]),
    ] {
        let answer = browser.post_as(hidden, function, fields).await.expect(303);
        let page = browser.get(answer.location().unwrap()).await.expect(200).text;
        assert!(page.contains("Another sign-in has begun in this browser"), "{function}: {page}");
    }
    assert_eq!(
        app.world.count("SELECT sum(tries)::bigint FROM pending_sign_ins").await,
        0,
        "none was counted"
    );
    browser.post(sign_in, &recovery(&codes[0])).await.expect(303);
    browser.get("/account").await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn starting_again_ends_the_sign_in_and_keeps_the_way(pool: PgPool) {
    let app = App::new(pool);
    let (_, _, codes) = enrolled(&app).await;
    let (mut browser, _) = first_step(&app, "/account/leave").await;
    let waiting = browser.clone();
    let answer = browser.post("/fn/login/factor/end", &[]).await.expect(303);
    assert_eq!(answer.location(), Some("/login?next=%2Faccount%2Fleave"));
    assert!(answer.set_cookie("signin").unwrap().contains("Max-Age=0"));
    let mut waiting = waiting;
    assert_eq!(waiting.call(SIGN_IN, &recovery(&codes[0])).await.expect(401).code(), "challenge_invalid");

    // Nor is it lost where the sign-in has ended by itself.
    let (mut browser, _) = first_step(&app, "/account/leave").await;
    let page = browser.get(SECOND_STEP).await.expect(200).text;
    assert!(page.contains("name=\"form[next]\" value=\"/account/leave\""), "{page}");
    app.world.clock.advance(Duration::minutes(5));
    let fields = [recovery(&codes[0]).as_slice(), &[("form[next]", "/account/leave")]].concat();
    let answer = browser.post(SIGN_IN, &fields).await.expect(303);
    let page = browser.get(answer.location().unwrap()).await.expect(200).text;
    assert!(page.contains("href=\"/login?next=%2Faccount%2Fleave\""), "{page}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_without_cookies_is_told_so_after_its_password(pool: PgPool) {
    let app = App::new(pool);
    enrolled(&app).await;
    let mut browser = app.browser().with("referer", "http://localhost:8000/login");
    let answer = browser.get(SECOND_STEP).await.expect(303);
    assert_eq!(answer.location(), Some("/login?cookie=lost"));
    let page = browser.get("/login?cookie=lost").await.expect(200).text;
    assert!(page.contains("cookie"), "{page}");
}

/// P35: the key of another tab, in the app by now, is no longer the one that is set up.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_is_for_the_key_that_its_page_has_shown(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    ana.post_and_follow(BEGIN, &[]).await.expect(200);
    let shown = ana.hidden_fields(CONFIRM).await;
    let page = ana.post_and_follow(BEGIN, &[]).await.expect(200).text;
    let code = totp_code(&key(&page), app.world.clock.now());
    let answer = ana.post_as(&shown, CONFIRM, &[("form[code]", &code)]).await.expect(303);
    let page = ana.get(answer.location().unwrap()).await.expect(200).text;
    assert!(page.contains("a key that is no longer set up") && page.contains("class=\"key\""), "{page}");
    let page = ana.post_and_follow(CONFIRM, &[("form[code]", &code)]).await.expect(200).text;
    assert_eq!(codes(&page).len(), 10, "{page}");
}
