//! A passkey as the second factor: beside the password, and to show again who is there.

use super::{SESSIONS, authenticator, leave, with_passkey};
use crate::crew::kinds;
use accounts::{Error, RequestCtx};
use domain::{ConfirmForm, FactorMethod};
use serde_json::json;
use sqlx::PgPool;
use testkit::passkey::passkey_factor;
use testkit::{ISSUER, PASSWORD, World, factor_form};
use time::Duration;

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_completes_a_sign_in_by_password(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let waiting = world.begin_sign_in("ana").await;
    assert_eq!(waiting.methods, [FactorMethod::Passkey, FactorMethod::RecoveryCode]);
    let (ctx, challenge) = (world.stranger(), waiting.challenge.reveal());
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    let others = world.accounts.passkey_factor_options_bearer(&ctx, &challenge).await;
    assert!(matches!(others, Err(Error::ChallengeInvalid)), "a page's: {others:?}");
    let form = passkey_factor(&key.get(ISSUER, &options));
    let signed_in = world.accounts.sign_in_by_factor(&ctx, &challenge, form).await.unwrap();
    let proven = world.holder(&signed_in).await.member().unwrap().factors.clone();
    let proven: Vec<_> = proven.iter().map(|proof| proof.factor.as_str()).collect();
    assert_eq!(proven, ["pwd", "passkey"]);

    let challenge = world.begin_program("ana").await.challenge.reveal();
    let options = world.accounts.passkey_factor_options_bearer(&ctx, &challenge).await.unwrap();
    let form = passkey_factor(&key.get(ISSUER, &options));
    world.accounts.sign_in_by_factor_bearer(&ctx, &challenge, form).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_app_or_a_recovery_code_stands_for_the_passkey(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let codes = world.add_passkey(&mut ana, &mut authenticator()).await;
    let app = world.set_up_totp(&mut ana).await;
    assert!(app.recovery_codes.is_empty(), "they came with the passkey");
    let ctx = world.stranger();
    let waiting = world.begin_sign_in("ana").await;
    assert_eq!(waiting.methods, FactorMethod::ALL);
    let form = app.form(ctx.now);
    world.accounts.sign_in_by_factor(&ctx, &waiting.challenge.reveal(), form).await.unwrap();
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let form = factor_form("recovery_code", &codes[0]);
    world.accounts.sign_in_by_factor(&ctx, &waiting, form).await.unwrap();
}

/// What is refused there: an answer to another question, of another passkey, and a second time.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_second_step_takes_its_own_answer_alone(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let (mut bens, mut ben) = (authenticator(), world.member("ben").await);
    world.add_passkey(&mut ben, &mut bens).await;
    let bens_confirm = world.accounts.passkey_confirm_options(&world.holder(&ben).await).await.unwrap();
    leave(&world, &ben).await;
    let ctx = world.stranger();
    let challenge = world.begin_sign_in("ana").await.challenge.reveal();
    let other = world.begin_program("ana").await.challenge.reveal();
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    let others = world.accounts.passkey_factor_options_bearer(&ctx, &other).await.unwrap();
    let (browser, alone) = world.ask_for_passkey();
    let mut foreign = options.clone();
    foreign["allowCredentials"] = json!([]);
    for (what, answer) in [
        ("another sign-in's", key.get(ISSUER, &others)),
        ("a sign-in's without a name", key.get(ISSUER, &alone)),
        ("another account's passkey", bens.get(ISSUER, &foreign)),
        ("another account's answer", bens.get(ISSUER, &bens_confirm)),
    ] {
        let refused = world.accounts.sign_in_by_factor(&ctx, &challenge, passkey_factor(&answer)).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{what}: {refused:?}");
    }
    // Nor does an answer to this question open anything by itself.
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    let answer = key.get(ISSUER, &options);
    for token in [browser.reveal(), challenge.clone()] {
        let form = testkit::passkey::passkey_form(&answer);
        let refused = world.accounts.sign_in_by_passkey(&world.stranger(), &token, form).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    assert_eq!(world.count(SESSIONS).await, 0);
    world.accounts.sign_in_by_factor(&ctx, &challenge, passkey_factor(&answer)).await.unwrap();
    let again = world.accounts.sign_in_by_factor(&ctx, &challenge, passkey_factor(&answer)).await;
    assert!(matches!(again, Err(Error::ChallengeInvalid)), "{again:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_passkeys_are_tried_at_a_sign_in(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    let ctx = world.stranger();
    let challenge = world.begin_sign_in("ana").await.challenge.reveal();
    for _ in 0..5 {
        let refused = world.accounts.sign_in_by_factor(&ctx, &challenge, passkey_factor(&json!({}))).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    let asked = world.accounts.passkey_factor_options(&ctx, &challenge).await;
    assert!(matches!(asked, Err(Error::ChallengeInvalid)), "{asked:?}");
    assert_eq!(kinds(&world).await, ["factor_refused"; 5]);
    // Whoever tries passkeys leaves the app and the recovery codes their tries.
    world.sign_in_with(&mut key).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_shows_again_who_is_there(pool: PgPool) {
    let world = World::new(pool);
    let mut key = authenticator();
    let mut ana = world.member("ana").await;
    let none = world.accounts.passkey_confirm_options(&world.holder(&ana).await).await;
    assert!(matches!(none, Err(Error::NotFound)), "{none:?}");
    world.add_passkey(&mut ana, &mut key).await;
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&ana).await;
    let ways = world.accounts.ways_to_confirm(&ctx).await.unwrap();
    assert_eq!((ways.password, ways.methods[0]), (false, FactorMethod::Passkey));
    let form = ConfirmForm { current_password: PASSWORD.into(), ..ConfirmForm::default() };
    let alone = world.accounts.confirm(&ctx, form).await;
    assert!(matches!(alone, Err(Error::Reauthenticate)), "the password alone: {alone:?}");
    let options = world.accounts.passkey_confirm_options(&ctx).await.unwrap();
    let answer = key.get(ISSUER, &options);
    let (_, alone) = world.ask_for_passkey();
    for wrong in [json!({}), key.get(ISSUER, &alone)] {
        let refused = world.accounts.confirm_by_factor(&ctx, passkey_factor(&wrong)).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    let other = world.sign_in_with(&mut key).await.unwrap();
    let others = world.accounts.confirm_by_factor(&world.holder(&other).await, passkey_factor(&answer)).await;
    assert!(matches!(others, Err(Error::PasskeyRefused)), "another session's: {others:?}");
    key.counter += 1;
    let options = world.accounts.passkey_confirm_options(&ctx).await.unwrap();
    let answer = key.get(ISSUER, &options);
    let token = world.accounts.confirm_by_factor(&ctx, passkey_factor(&answer)).await.unwrap().unwrap();
    let ctx: RequestCtx = world.browser(&token).await;
    world.accounts.new_recovery_codes(&ctx).await.unwrap();
    let again = world.accounts.confirm_by_factor(&ctx, passkey_factor(&answer)).await;
    assert!(matches!(again, Err(Error::PasskeyRefused)), "used: {again:?}");
}
