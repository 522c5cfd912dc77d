//! A sign-up form that is sent again because its answer was lost.

use accounts::{Error, Field, RequestCtx, SignUpForm, SignedIn};
use domain::{PasswordForm, RegistrationForm};
use sqlx::PgPool;
use testkit::{PASSWORD, World, registration};
use time::Duration;

/// A browser that was shown the form, and what it sends.
fn shown(world: &World, name: &str) -> (RequestCtx, RegistrationForm) {
    let mut ctx = world.stranger();
    let SignUpForm { nonce, browser } = world.accounts.sign_up_form(&ctx);
    ctx.client.sign_up = Some(browser);
    (ctx, RegistrationForm { nonce: nonce.into(), ..registration(name) })
}

fn later(world: &World, ctx: &RequestCtx) -> RequestCtx {
    RequestCtx { now: world.accounts.now(), ..ctx.clone() }
}

fn is_taken(answer: &Result<SignedIn, Error>) -> bool {
    matches!(answer, Err(Error::Taken(Field::Email)))
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_form_that_is_sent_again_signs_in_to_the_account_that_it_made(pool: PgPool) {
    let world = World::new(pool);
    let (ctx, form) = shown(&world, "ana");
    let first = world.accounts.sign_up(&ctx, form.clone()).await.unwrap();
    world.clock.advance(Duration::minutes(2));
    let hashes = world.accounts.hash_count();
    let second = world.accounts.sign_up(&later(&world, &ctx), form).await.unwrap();
    assert_eq!(second.viewer.id, first.viewer.id);
    assert_eq!(world.accounts.hash_count() - hashes, 2, "the password is proven");
    assert!(world.holder(&second).await.member().is_ok());
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'signed_in'").await, 2);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'registered'").await, 1);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'address_taken'").await, 0);
    let told = "SELECT count(*) FROM outbox WHERE kind = 'new device'";
    assert_eq!(world.count(told).await, 0, "it is the very person who signed up");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_double_click_ends_in_two_sessions_of_one_account(pool: PgPool) {
    let world = World::new(pool);
    let (ctx, form) = shown(&world, "ana");
    let tries: Vec<_> = (0..2)
        .map(|_| {
            let (accounts, ctx, form) = (world.accounts.clone(), ctx.clone(), form.clone());
            tokio::spawn(async move { accounts.sign_up(&ctx, form).await })
        })
        .collect();
    for attempt in tries {
        attempt.await.unwrap().unwrap();
    }
    assert_eq!(world.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_but_the_same_form_and_browser_is_a_repeat(pool: PgPool) {
    let world = World::new(pool);
    let (ctx, form) = shown(&world, "ana");
    world.accounts.sign_up(&ctx, form.clone()).await.unwrap();
    let (other, other_form) = shown(&world, "ana");
    let same_browser = later(&world, &ctx);
    let mut no_cookie = later(&world, &ctx);
    no_cookie.client.sign_up = None;
    let wrong = RegistrationForm { password: "copper lanterns over water".into(), ..form.clone() };
    for (what, ctx, form) in [
        ("another browser's cookie", &other, form.clone()),
        ("no cookie", &no_cookie, form.clone()),
        ("another nonce", &same_browser, other_form),
        ("no nonce", &same_browser, registration("ana")),
        ("another password", &same_browser, wrong),
    ] {
        assert!(is_taken(&world.accounts.sign_up(ctx, form).await), "{what}");
    }
    world.clock.advance(Duration::minutes(2) + Duration::SECOND);
    assert!(is_taken(&world.accounts.sign_up(&later(&world, &ctx), form).await), "too late");
    assert_eq!(world.count("SELECT count(*) FROM sessions").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_account_made_otherwise_or_with_another_password_by_now_has_no_repeat(pool: PgPool) {
    let world = World::new(pool);
    world.member("bob").await;
    let (ctx, form) = shown(&world, "bob");
    assert!(is_taken(&world.accounts.sign_up(&ctx, form).await), "made by another form");
    let (ctx, form) = shown(&world, "ana");
    let ana = world.accounts.sign_up(&ctx, form.clone()).await.unwrap();
    let new = "copper lanterns over water";
    let change = PasswordForm { current_password: PASSWORD.into(), new_password: new.into() };
    world.accounts.change_password(&world.holder(&ana).await, change).await.unwrap();
    let changed = RegistrationForm { password: new.into(), ..form.clone() };
    for form in [form, changed] {
        assert!(
            is_taken(&world.accounts.sign_up(&later(&world, &ctx), form).await),
            "the password was changed"
        );
    }
}
