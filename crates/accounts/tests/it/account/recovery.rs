//! A forgotten password: asked for, replaced, and what ends with it (P1, P25).

use accounts::{Error, RequestCtx, Undelivered};
use domain::{AddressForm, ResetForm};
use sqlx::PgPool;
use testkit::{Mailbox, PASSWORD, World, link_token, mail_code, sign_in};
use time::Duration;

const NEW: &str = "copper lanterns over water";

fn of(name: &str) -> AddressForm {
    AddressForm { email: format!("{name}@example.com") }
}

fn by_link(token: &str) -> ResetForm {
    ResetForm { token: token.into(), new_password: NEW.into(), ..ResetForm::default() }
}

fn by_code(name: &str, code: &str) -> ResetForm {
    let (email, code) = (format!("{name}@example.com"), code.into());
    ResetForm { email, code, new_password: NEW.into(), ..ResetForm::default() }
}

/// The one mail that a request for a reset leads to.
async fn reset_mail(world: &World, name: &str) -> accounts::Message {
    world.accounts.forgot_password(&world.stranger(), of(name)).await.unwrap();
    let mails = world.mail().await;
    mails.into_iter().find(|mail| mail.text.contains("/reset#")).unwrap()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_link_replaces_the_password_once_and_ends_everything(pool: PgPool) {
    let world = World::new(pool);
    let (ana, program) = (world.member("ana").await, world.program("ana").await);
    let token = link_token(&reset_mail(&world, "ana").await, "reset");
    world.accounts.reset_password(&world.stranger(), by_link(&token)).await.unwrap();
    assert!(world.holder(&ana).await.member().is_err(), "the browser is signed out");
    let ctx = world.stranger();
    assert!(matches!(world.accounts.refresh(&ctx, &program.refresh_token).await, Err(Error::InvalidToken)));
    let old = world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await;
    assert!(matches!(old, Err(Error::WrongCredentials)));
    assert!(world.accounts.sign_in(&ctx, sign_in("ana@example.com", NEW)).await.is_ok());
    assert_eq!(
        world.count("SELECT count(*) FROM users WHERE email_verified").await,
        1,
        "the mail arrived there"
    );
    let again = world.accounts.reset_password(&world.stranger(), by_link(&token)).await;
    assert!(matches!(again, Err(Error::LinkInvalid)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_does_the_same_with_its_address_alone(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.member("bob").await;
    let code = mail_code(&reset_mail(&world, "ana").await);
    let other = world.accounts.reset_password(&world.stranger(), by_code("bob", &code)).await;
    assert!(matches!(other, Err(Error::LinkInvalid)));
    world.accounts.reset_password(&world.stranger(), by_code("ana", &code.to_lowercase())).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_is_guessed_five_times_and_the_link_goes_on(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let mail = reset_mail(&world, "ana").await;
    for _ in 0..5 {
        let wrong = world.accounts.reset_password(&world.stranger(), by_code("ana", "AAAAA-AAAAA")).await;
        assert!(matches!(wrong, Err(Error::LinkInvalid)));
    }
    let right = world.accounts.reset_password(&world.stranger(), by_code("ana", &mail_code(&mail))).await;
    assert!(matches!(right, Err(Error::LinkInvalid)), "the sixth try");
    let link = by_link(&link_token(&mail, "reset"));
    assert!(world.accounts.reset_password(&world.stranger(), link).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refused_password_costs_nobody_the_link(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let token = link_token(&reset_mail(&world, "ana").await, "reset");
    let weak = ResetForm { new_password: "ana@example.com".into(), ..by_link(&token) };
    assert!(matches!(world.accounts.reset_password(&world.stranger(), weak).await, Err(Error::Invalid(_))));
    assert!(world.accounts.reset_password(&world.stranger(), by_link(&token)).await.is_ok());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_lifetime_starts_when_the_mail_is_sent(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    while !world.mail().await.is_empty() {}
    world.accounts.forgot_password(&world.stranger(), of("ana")).await.unwrap();
    let mailbox = Mailbox::default();
    mailbox.refuse(Some(Undelivered::Later("away".into())));
    while world.accounts.send_due(&mailbox).await.unwrap() {}
    world.clock.advance(Duration::hours(2));
    let mail = world.mail().await.pop().unwrap();
    world.clock.advance(Duration::minutes(9));
    assert!(
        world.accounts.reset_password(&world.stranger(), by_link(&link_token(&mail, "reset"))).await.is_ok()
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_link_ends_after_ten_minutes_and_a_repeat_is_the_same(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let first = link_token(&reset_mail(&world, "ana").await, "reset");
    world.clock.advance(Duration::minutes(5));
    assert_eq!(link_token(&reset_mail(&world, "ana").await, "reset"), first, "the same while it lives");
    world.clock.advance(Duration::minutes(5));
    let late = world.accounts.reset_password(&world.stranger(), by_link(&first)).await;
    assert!(matches!(late, Err(Error::LinkInvalid)));
    assert_ne!(link_token(&reset_mail(&world, "ana").await, "reset"), first);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn unknown_and_disabled_accounts_are_asked_for_alike_and_get_no_mail(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.mail().await;
    world.execute("UPDATE users SET is_active = false").await;
    for name in ["ana", "nobody"] {
        world.accounts.forgot_password(&world.stranger(), of(name)).await.unwrap();
        assert_eq!(world.count("SELECT count(*) FROM outbox").await, 1, "{name}");
        assert!(world.mail().await.is_empty(), "{name}");
        assert_eq!(world.count("SELECT count(*) FROM outbox").await, 0, "{name}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mailbox_gets_three_mails_an_hour_whoever_asks(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    for name in ["ana", "nobody"] {
        for _ in 0..3 {
            world.accounts.forgot_password(&world.stranger(), of(name)).await.unwrap();
        }
        for wait in [Duration::ZERO, Duration::minutes(59)] {
            world.clock.advance(wait);
            let fourth = world.accounts.forgot_password(&world.stranger(), of(name)).await;
            assert!(matches!(fourth, Err(Error::TooManyTries { .. })), "{name}");
        }
    }
}

/// Counted alike for known addresses and unknown ones, and for all purposes together.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_asks_for_twenty_mails_an_hour(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let client = world.stranger().client;
    let mut asked = 0;
    for minute in 0..60 {
        for n in 0..12 {
            let ctx = RequestCtx { client: client.clone(), ..world.stranger() };
            let form = of(&format!("somebody-{minute}-{n}"));
            let answer = match n % 2 {
                0 => world.accounts.forgot_password(&ctx, form).await,
                _ => world.accounts.resend_verification(&ctx, form).await,
            };
            match answer {
                Ok(()) => asked += 1,
                refused => {
                    assert!(matches!(refused, Err(Error::TooManyTries { .. })));
                    break;
                }
            }
        }
        let ctx = RequestCtx { client: client.clone(), ..world.stranger() };
        let known = world.accounts.forgot_password(&ctx, of("ana")).await;
        assert!(matches!(known, Err(Error::TooManyTries { .. })), "a known address is no way round");
        world.clock.advance(Duration::MINUTE);
    }
    assert_eq!(asked, 19, "ten at once, and one in six minutes");
    assert_eq!(world.count("SELECT count(*) FROM outbox").await, 20, "and ana's own, at the sign-up");
}
