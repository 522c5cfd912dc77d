//! Promise P18: a database outage is 503, never "wrong password", and it passes by itself.

use crate::app::App;
use crate::outage::Outage;
use accounts::Accounts;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreOptions};
use testkit::{PASSWORD, SeededRng, World};

const SIGN_IN: [(&str, &str); 3] =
    [("form[identifier]", "ana@example.com"), ("form[password]", PASSWORD), ("form[next]", "/account")];

fn app(pool: PgPool) -> (App, Outage) {
    let (outage, connect) = Outage::new(&pool);
    let options = StoreOptions { acquire_timeout: Duration::from_millis(300), ..StoreOptions::new(connect) };
    let mut world = World::new(pool);
    let rng = Arc::new(SeededRng::default());
    world.accounts =
        Accounts::new(Store::open(&options), World::settings(), world.clock.clone(), rng).unwrap();
    (App::with(world, |_| ()), outage)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_it_lasts_everything_says_so_and_afterwards_all_is_well(pool: PgPool) {
    let (app, outage) = app(pool);
    let mut ana = app.member("ana").await;
    outage.cut();

    let answer = app.browser().call("/fn/login", &SIGN_IN).await.expect(503);
    assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("unavailable", Some("5")));
    assert_eq!(ana.call("/fn/profile/load", &[]).await.expect(503).code(), "unavailable");

    let page = ana.get("/account").await.expect(503);
    assert!(page.is_html() && page.text.contains("We could not reach the database."));
    assert!(page.text.contains("href=\"/account\""), "the way to try again");
    assert_eq!(page.header("retry-after"), Some("5"));
    assert!(page.set_cookie("session-token").is_none(), "nobody is signed out by an outage");

    app.browser().get("/readyz").await.expect(503);
    app.browser().get("/livez").await.expect(200);
    app.browser().get("/login").await.expect(200);
    app.browser().get("/favicon.svg").await.expect(200);

    outage.mend();
    app.browser().get("/readyz").await.expect(200);
    ana.get("/account").await.expect(200);
    app.browser().call("/fn/login", &SIGN_IN).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_scripts_the_form_comes_back_with_that_status(pool: PgPool) {
    let (app, outage) = app(pool);
    app.member("ana").await;
    outage.cut();
    let mut browser = app.browser();
    let page = browser.post_and_follow("/fn/login", &SIGN_IN).await.expect(503);
    assert!(page.text.contains("Welcome back") && page.text.contains("We could not reach the database."));
    assert!(page.text.contains("value=\"ana@example.com\"") && !page.text.contains("does not match"));
    assert_eq!(page.header("retry-after"), Some("5"));

    outage.mend();
    browser.post_and_follow("/fn/login", &SIGN_IN).await.expect(200);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_members_text_outlives_the_outage(pool: PgPool) {
    let (app, outage) = app(pool);
    let mut ana = app.member("ana").await;
    outage.cut();
    let answer = ana.post("/fn/profile/save", &[("form[bio]", "A long text.")]).await.expect(303);
    ana.get(answer.location().unwrap()).await.expect(503);
    outage.mend();
    let page = ana.get("/account").await;
    assert!(page.text.contains(">A long text.</textarea>"));
}
