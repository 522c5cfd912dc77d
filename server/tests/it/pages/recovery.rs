//! A forgotten password is replaced through the pages: by the link of a mail or by its code.

use crate::actors::Browser;
use crate::app::App;
use app::AppSettings;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World, link_token, mail_code};

const FORGOT: &str = "/fn/password/forgot";
const RESET: &str = "/fn/password/reset";
const NEW: &str = "amber lantern on the step";
const CHANGED: &str = "Your password was changed. Sign in with it.";

/// The token and the code of the mail that somebody gets who has forgotten the password.
async fn mailed(app: &App, email: &str) -> (String, String) {
    app.world.mail().await;
    app.browser().call(FORGOT, &[("form[email]", email)]).await.expect(200);
    let mails = app.world.mail().await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, email));
    (link_token(&mails[0], "reset"), mail_code(&mails[0]))
}

async fn signs_in(app: &App, password: &str) -> u16 {
    let fields = [("form[identifier]", "ana@example.com"), ("form[password]", password)];
    app.browser().call("/fn/login", &fields).await.status.as_u16()
}

/// Everything of an answer but what is new in each: the id, the time, the nonce.
async fn asked(app: &App, email: &str) -> (String, String) {
    let mut browser = app.browser();
    let answer = browser.post(FORGOT, &[("form[email]", email)]).await.expect(303);
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id" && *name != "set-cookie");
    let page = browser.get(answer.location().unwrap()).await.expect(200);
    (format!("{headers:?}", headers = headers.collect::<Vec<_>>()), page.text.replace(email, "EMAIL"))
}

fn without_nonce(page: &str) -> String {
    let nonce = page.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    page.replace(nonce, "NONCE")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn asking_is_answered_alike_for_every_address(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    app.member("bob").await;
    app.world.execute("UPDATE users SET is_active = false WHERE email = 'bob@example.com'").await;
    app.world.mail().await;
    let (headers, page) = asked(&app, "ana@example.com").await;
    let said = "there&#39;s an account with this address, an email is on its way.";
    assert!(page.contains(said) || page.contains(&said.replace("&#39;", "'")), "{page}");
    assert!(page.contains("value=\"EMAIL\"") && page.contains("href=\"/reset\""), "{page}");
    for other in ["bob@example.com", "eve@example.com"] {
        let (other_headers, other_page) = asked(&app, other).await;
        assert_eq!(headers, other_headers, "{other}");
        assert_eq!(without_nonce(&page), without_nonce(&other_page), "{other}");
    }
    assert_eq!(app.world.mail().await.len(), 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_goes_along_from_the_sign_in_page(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.browser();
    let page = ana.get("/login").await.expect(200);
    assert!(page.text.contains("href=\"/forgot\""), "{}", page.text);
    let wrong = [("form[identifier]", "ana@example.com"), ("form[password]", "x")];
    let page = ana.post_and_follow("/fn/login", &wrong).await.expect(200);
    let link = "href=\"/forgot?email=ana%40example%2Ecom\"";
    assert_eq!(
        page.text.matches(link).count(),
        2,
        "below the password, and beside the refusal: {}",
        page.text
    );
    let page = ana.get("/forgot?email=ana%40example%2Ecom").await.expect(200);
    assert!(page.text.contains("value=\"ana@example.com\""), "{}", page.text);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_the_link_and_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    let mut before = app.member("ana").await;
    let (token, _) = mailed(&app, "ana@example.com").await;
    let mut ana = app.browser();
    let weak = [
        ("form[token]", token.as_str()),
        ("form[email]", ""),
        ("form[code]", ""),
        ("form[new_password]", "canary-12"),
    ];
    let answer = ana.post(RESET, &weak).await.expect(303);
    assert_eq!(answer.location(), Some("/reset"));
    let flash = answer.set_cookie("flash").unwrap();
    assert!(flash.ends_with("; Max-Age=60; Path=/; HttpOnly; SameSite=Lax"), "{flash}");
    let page = ana.get("/reset").await.expect(200);
    assert!(page.text.contains(&format!("name=\"form[token]\" value=\"{token}\"")), "{}", page.text);
    assert!(page.text.contains("id=\"new_password-error\"") && !page.text.contains("canary-12"));
    assert!(!ana.get("/reset").await.expect(200).text.contains(&token), "once");

    let good = [("form[token]", token.as_str()), ("form[new_password]", NEW)];
    let answer = ana.post(RESET, &good).await.expect(303);
    assert_eq!((answer.location(), answer.set_cookie("session-token")), (Some("/login"), None));
    let page = ana.get("/login").await.expect(200);
    assert!(page.text.contains(CHANGED), "{}", page.text);
    assert!(!ana.get("/login").await.expect(200).text.contains(CHANGED), "once");
    before.get("/account").await.expect(303);
    assert_eq!((signs_in(&app, PASSWORD).await, signs_in(&app, NEW).await), (401, 200));

    let page = ana.post_and_follow(RESET, &good).await.expect(200);
    assert!(page.text.contains("was used already, has expired or is mistyped."), "{}", page.text);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_the_code_and_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let (_, code) = mailed(&app, "ana@example.com").await;
    let mut ana = app.browser();
    let fields = |code| {
        [
            ("form[token]", ""),
            ("form[email]", "ana@example.com"),
            ("form[code]", code),
            ("form[new_password]", NEW),
        ]
    };
    let page = ana.post_and_follow(RESET, &fields("AAAAA-AAAAA")).await.expect(200);
    assert!(page.text.contains("was used already, has expired or is mistyped."), "{}", page.text);
    for kept in ["value=\"ana@example.com\"", "value=\"AAAAA-AAAAA\""] {
        assert!(page.text.contains(kept), "{kept}: {}", page.text);
    }
    let page = ana.post_and_follow(RESET, &fields("AAAAA")).await.expect(200);
    assert!(page.text.contains("id=\"code-error\""), "{}", page.text);
    let typed = code.to_lowercase().replace('-', " ");
    let page = ana.post_and_follow(RESET, &fields(&typed)).await.expect(200);
    assert!(page.text.contains(CHANGED) && page.text.contains("value=\"ana@example.com\""), "{}", page.text);
    assert!(!page.text.contains(&typed), "a code that was used is not kept");
    assert_eq!(signs_in(&app, NEW).await, 200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn with_webassembly_the_answer_leads_on_too(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    let (token, _) = mailed(&app, "ana@example.com").await;
    let mut ana = app.browser();
    let unknown = [("form[token]", "A".repeat(43)), ("form[new_password]", NEW.to_owned())];
    let unknown = unknown.each_ref().map(|(name, text)| (*name, text.as_str()));
    assert_eq!(ana.call(RESET, &unknown).await.expect(400).code(), "link_invalid");
    let fields = [("form[token]", token.as_str()), ("form[new_password]", NEW)];
    assert_eq!(ana.call(RESET, &fields).await.expect(200).location(), Some("/login"));
}

/// The form acts for the account that the mail names, whoever signs in meanwhile.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_that_was_shown_to_a_stranger_works_for_a_member(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let (token, _) = mailed(&app, "ana@example.com").await;
    let strangers = app.browser().hidden_fields(RESET).await;
    let fields = [("form[token]", token.as_str()), ("form[new_password]", NEW)];
    let answer = ana.post_as(&strangers, RESET, &fields).await.expect(303);
    assert_eq!(answer.location(), Some("/login"));
    assert!(ana.get("/login").await.expect(200).text.contains(CHANGED), "nobody is signed in any more");
}

async fn offers(browser: &mut Browser, path: &str) -> bool {
    browser.get(path).await.text.contains("href=\"/forgot\"")
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_mail_is_off_nothing_is_offered_and_somebody_is_named(pool: PgPool) {
    let world = World::with(pool, |settings| settings.mail.enabled = false);
    let app = App::with(world, |state| {
        let support_url = Some("mailto:help@acme.example".to_owned());
        state.app = Arc::new(AppSettings { mail: false, support_url, ..AppSettings::clone(&state.app) });
    });
    let mut browser = app.browser();
    assert!(!offers(&mut browser, "/login").await && !offers(&mut browser, "/reset").await);
    let page = browser.get("/forgot").await.expect(200);
    assert!(page.text.contains("href=\"mailto:help@acme.example\"") && !page.text.contains("name=\"form["));
    let asked = browser.call(FORGOT, &[("form[email]", "ana@example.com")]).await.expect(503);
    assert_eq!(asked.code(), "mail_off");
    let page = app.member("ana").await.get("/account").await.expect(200);
    assert!(!page.text.contains("/fn/verify/resend"), "nothing was sent");
}
