//! A change of address through the pages, and its undo by "This wasn't me".

use crate::app::App;
use app::AppSettings;
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{PASSWORD, World, link_token, mail_code, sign_in};

const CHANGE: &str = "/fn/email/change";
const OLD: &str = "ana@example.com";
const NEW: &str = "ana@new.example";
const CHOSEN: &str = "amber lantern on the step";

fn change(password: &str) -> [(&'static str, &str); 2] {
    [("form[email]", NEW), ("form[password]", password)]
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_waits_on_the_page_and_can_be_cancelled(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    let page = ana.get("/account/security").await.expect(200);
    assert!(page.text.contains(OLD) && page.text.contains("You haven't confirmed yet"), "{}", page.text);
    let page = ana.post_and_follow(CHANGE, &change("wrong")).await.expect(200);
    assert!(page.text.contains("id=\"password-error\"") && page.text.contains(NEW), "{}", page.text);
    let page = ana.post_and_follow(CHANGE, &change(PASSWORD)).await.expect(200);
    assert!(page.text.contains("We sent a link to the new address."), "{}", page.text);
    assert!(page.text.contains(NEW), "it waits: {}", page.text);
    let page = ana.post_and_follow("/fn/email/cancel", &[]).await.expect(200);
    assert!(!page.text.contains(NEW), "{}", page.text);
    app.world.accounts.sign_in(&app.world.stranger(), sign_in(OLD, PASSWORD)).await.unwrap();
}

/// By the code of the notice: the way on to a new password stands in no address.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_is_taken_back_without_scripts(pool: PgPool) {
    let app = App::new(pool);
    let mut ana = app.member("ana").await;
    app.world.execute("UPDATE users SET email_verified = true").await;
    app.world.mail().await;
    ana.post(CHANGE, &change(PASSWORD)).await.expect(303);
    let mails = app.world.mail().await;
    let token = link_token(mails.iter().find(|mail| mail.to == NEW).unwrap(), "verify");
    ana.post("/fn/verify", &[("form[token]", &token)]).await.expect(303);
    let told = app.world.mail().await.into_iter().find(|mail| mail.to == OLD).unwrap();

    let mut owner = app.browser();
    let page = owner.get("/not-me").await.expect(200);
    assert!(page.text.contains("Take my account back"), "{}", page.text);
    let wrong = [("form[token]", ""), ("form[email]", OLD), ("form[code]", "AAAAA-AAAAA")];
    let page = owner.post_and_follow("/fn/not-me", &wrong).await.expect(200);
    assert!(page.text.contains("was used already, has expired or is mistyped."), "{}", page.text);
    let code = mail_code(&told);
    let right = [("form[token]", ""), ("form[email]", OLD), ("form[code]", &code)];
    let answer = owner.post("/fn/not-me", &right).await.expect(303);
    assert_eq!(answer.location(), Some("/reset"));
    let page = owner.get("/reset").await.expect(200);
    let (_, rest) = page.text.split_once("name=\"form[token]\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap();
    assert_eq!(token.len(), 43, "{}", page.text);
    ana.get("/account").await.expect(303);
    let chosen = [("form[token]", token), ("form[new_password]", CHOSEN)];
    assert_eq!(owner.post("/fn/password/reset", &chosen).await.expect(303).location(), Some("/login"));
    app.world.accounts.sign_in(&app.world.stranger(), sign_in(OLD, CHOSEN)).await.unwrap();
}

/// A new password is of no use to whoever does not know the account's new address: where somebody can be asked, it says
/// so.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whose_link_has_ended_is_told_whom_to_ask(pool: PgPool) {
    for (support_url, told) in [(None, false), (Some("mailto:help@acme.example".to_owned()), true)] {
        let app = App::with(World::new(pool.clone()), |state| {
            state.app = Arc::new(AppSettings { support_url, ..AppSettings::clone(&state.app) });
        });
        let used = [("form[token]", ""), ("form[email]", OLD), ("form[code]", "AAAAA-AAAAA")];
        let answer = app.browser().call("/fn/not-me", &used).await.expect(400);
        assert_eq!(answer.text.contains("ask for help"), told, "{}", answer.text);
    }
}

/// With WebAssembly the answer is the token itself.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_is_taken_back_with_webassembly(pool: PgPool) {
    let app = App::new(pool);
    app.member("ana").await;
    app.world.execute("UPDATE users SET email_verified = true").await;
    app.world.mail().await;
    app.world.accounts.sign_in(&app.world.stranger(), sign_in(OLD, PASSWORD)).await.unwrap();
    let told = app.world.mail().await.remove(0);
    let token = link_token(&told, "not-me");
    let answer = app.browser().call("/fn/not-me", &[("form[token]", &token)]).await.expect(200);
    assert_eq!(answer.text.trim_matches('"').len(), 43, "{}", answer.text);
    assert!(answer.set_cookie("flash").is_none());
}
