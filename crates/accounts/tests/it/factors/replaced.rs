//! Another app in place of one, and what becomes of the one before.

use accounts::{Error, Message};
use domain::{NotMeForm, PasswordForm, ResetForm, TotpConfirmForm};
use sqlx::PgPool;
use testkit::{Authenticator, PASSWORD, World, factor_form, link_token, totp_code};
use time::Duration;

/// Puts another app in place of the one that somebody has.
pub(super) async fn replace(world: &World, ana: &mut accounts::SignedIn) -> Authenticator {
    let ctx = world.holder(ana).await;
    let begun = world.accounts.begin_totp(&ctx).await.unwrap();
    let form = TotpConfirmForm { code: totp_code(&begun.secret, ctx.now).into() };
    let confirmed = world.accounts.confirm_totp(&ctx, form).await.unwrap();
    assert!(confirmed.recovery_codes.is_none(), "those that there are stay");
    ana.token = confirmed.token.unwrap();
    world.clock.advance(Duration::MINUTE);
    Authenticator { secret: begun.secret, recovery_codes: Vec::new() }
}

pub(super) async fn turn_off(world: &World, ana: &accounts::SignedIn) {
    world.accounts.remove_totp(&world.holder(ana).await, domain::FactorForm {}).await.unwrap();
    world.clock.advance(Duration::MINUTE);
}

pub(super) fn by_link(notice: &Message) -> NotMeForm {
    NotMeForm { token: link_token(notice, "not-me").into(), ..NotMeForm::default() }
}

/// Takes the account back, and chooses the same password.
pub(super) async fn choose(world: &World, form: NotMeForm) {
    let token = world.accounts.disown(&world.stranger(), form).await.unwrap();
    let (token, new_password) = (token.as_str().into(), PASSWORD.into());
    let form = ResetForm { token, new_password, ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    world.clock.advance(Duration::MINUTE);
}

pub(super) async fn opens(world: &World, app: &Authenticator) -> Result<(), Error> {
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    world.accounts.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await.map(drop)
}

/// A thief in a session, or whoever reads the mailbox once an owner has replaced their app: neither is left with an account
/// of one step.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn this_was_not_me_brings_the_app_back_that_was_replaced(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    let own = world.set_up_totp(&mut ana).await;
    world.clock.advance(Duration::days(30));
    ana = again_by(&world, &own).await;
    world.mail().await;
    let thiefs = replace(&world, &mut ana).await;
    let second = replace(&world, &mut ana).await;
    let mail = world.mail().await;
    assert_eq!(mail[0].subject, "The authenticator app of your Doorstep account was replaced");
    assert!(mail[0].text.contains("other device was signed out"), "{}", mail[0].text);
    choose(&world, by_link(&mail[0])).await;
    for app in [&thiefs, &second] {
        assert!(matches!(opens(&world, app).await, Err(Error::FactorRefused)));
    }
    opens(&world, &own).await.unwrap();
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    let form = factor_form("recovery_code", &own.recovery_codes[0]);
    world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM replaced_totp").await, 0);
}

pub(super) async fn again_by(world: &World, app: &Authenticator) -> accounts::SignedIn {
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    world.accounts.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await.unwrap()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_an_owner_replaced_stays_replaced(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    let old = world.set_up_totp(&mut ana).await;
    let new = replace(&world, &mut ana).await;
    // A notice of later concerns neither.
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "thieves keep lanterns lit".into() };
    world.accounts.change_password(&world.holder(&ana).await, form).await.unwrap();
    let mail = world.mail().await;
    choose(&world, by_link(mail.iter().rfind(|mail| mail.subject.contains("was changed")).unwrap())).await;
    opens(&world, &new).await.unwrap();
    assert!(matches!(opens(&world, &old).await, Err(Error::FactorRefused)));
    // Nor is the old one kept: it could no longer come back.
    assert_eq!(world.count("SELECT count(*) FROM replaced_totp").await, 0);
}
