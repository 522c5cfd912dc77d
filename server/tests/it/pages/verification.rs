//! An address is proven through the pages: by its account's owner, who is signed in or types the password.

use crate::actors::Browser;
use crate::app::App;
use sqlx::PgPool;
use testkit::{PASSWORD, link_token, mail_code};

const VERIFY: &str = "/fn/verify";
const RESEND: &str = "/fn/verify/resend";
const WHOSE: &str = "Nothing was confirmed. Enter the password of the account that has this address.";
const ASKS_PASSWORD: &str = "name=\"form[password]\"";

/// A member whose mail has come: its token and its code.
async fn member(app: &App, name: &str) -> (Browser, String, String) {
    app.world.mail().await;
    let browser = app.member(name).await;
    let mails = app.world.mail().await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, format!("{name}@example.com").as_str()));
    (browser, link_token(&mails[0], "verify"), mail_code(&mails[0]))
}

async fn proven(app: &App) -> i64 {
    app.world.count("SELECT count(*) FROM users WHERE email_verified").await
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_member_presses_one_button(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, token, _) = member(&app, "ana").await;
    let page = ana.get("/account").await.expect(200);
    assert!(page.text.contains("We sent a link to ") && page.text.contains(RESEND), "{}", page.text);
    let page = ana.get("/verify").await.expect(200);
    assert!(!page.text.contains(ASKS_PASSWORD), "{}", page.text);
    assert_eq!(proven(&app).await, 0);

    let answer = ana.post(VERIFY, &[("form[token]", &token)]).await.expect(303);
    assert_eq!(answer.location(), Some("/account"));
    let page = ana.get("/account").await.expect(200);
    assert!(page.text.contains("Your email is confirmed.") && !page.text.contains(RESEND), "{}", page.text);
    assert!(!ana.get("/account").await.expect(200).text.contains("Your email is confirmed."), "once");
    assert_eq!(proven(&app).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_stranger_types_the_password_as_well(pool: PgPool) {
    let app = App::new(pool);
    let (_, _, code) = member(&app, "ana").await;
    let mut stranger = app.browser();
    let page = stranger.get("/verify").await.expect(200);
    assert!(page.text.contains(ASKS_PASSWORD) && page.text.contains("This wasn"), "{}", page.text);
    let with = |password| {
        [("form[email]", "ana@example.com"), ("form[code]", code.as_str()), ("form[password]", password)]
    };
    let page = stranger.post_and_follow(VERIFY, &with("")).await.expect(200);
    assert!(page.text.contains(WHOSE) && page.text.contains(&format!("value=\"{code}\"")), "{}", page.text);
    assert_eq!(stranger.call(VERIFY, &with("wrong")).await.expect(401).code(), "wrong_credentials");
    assert_eq!(proven(&app).await, 0);

    let answer = stranger.post(VERIFY, &with(PASSWORD)).await.expect(303);
    assert_eq!(answer.location(), Some("/login"));
    let page = stranger.get("/login").await.expect(200);
    assert!(page.text.contains("Your email is confirmed. Sign in to continue."), "{}", page.text);
    assert!(page.text.contains("value=\"ana@example.com\""), "{}", page.text);
    assert_eq!(proven(&app).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn another_member_is_asked_for_the_password(pool: PgPool) {
    let app = App::new(pool);
    let (_, token, _) = member(&app, "ana").await;
    let (mut bob, ..) = member(&app, "bob").await;
    let fields = [("form[token]", token.as_str())];
    assert_eq!(bob.call(VERIFY, &fields).await.expect(403).problem().detail, WHOSE);
    let answer = bob.post(VERIFY, &fields).await.expect(303);
    assert_eq!(answer.location(), Some("/verify"));
    assert!(
        !bob.get("/account").await.expect(200).text.contains("Your email is confirmed."),
        "not said of a refusal"
    );
    let page = bob.get("/verify").await.expect(200);
    assert!(page.text.contains(WHOSE) && page.text.contains(ASKS_PASSWORD), "{}", page.text);
    assert!(page.text.contains(&format!("value=\"{token}\"")), "the link still works");
    assert_eq!(proven(&app).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_mail_comes_again(pool: PgPool) {
    let app = App::new(pool);
    let (mut ana, token, _) = member(&app, "ana").await;
    let page = ana.post_and_follow(RESEND, &[("form[email]", "ana@example.com")]).await.expect(200);
    assert!(page.text.contains("on its way."), "{}", page.text);
    let mails = app.world.mail().await;
    assert_eq!((mails.len(), link_token(&mails[0], "verify")), (1, token), "the same link");
}
