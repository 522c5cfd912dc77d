//! A change of address: it waits for its proof, and both addresses are told.

use crate::crew::{admin, admin_patch, again, kinds, patch};
use accounts::{Error, Field, RequestCtx, SignedIn};
use domain::{EmailForm, EmailView, ResetForm, VerifyForm};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, mail_code, registration, sign_in};
use time::Duration;

const OLD: &str = "ana@example.com";
const NEW: &str = "ana@new.example";

fn to(email: &str) -> EmailForm {
    EmailForm { email: email.to_owned(), password: PASSWORD.into() }
}

fn by_link(token: &str) -> VerifyForm {
    VerifyForm { token: token.into(), ..VerifyForm::default() }
}

/// A world with ana, whose address is proven, and no mail left.
async fn with_ana(pool: PgPool) -> (World, SignedIn) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    (world, ana)
}

async fn shown(world: &World, ctx: &RequestCtx) -> EmailView {
    world.accounts.email(ctx).await.unwrap()
}

/// To whom, whether its link takes an account back, and whether it proves an address.
fn outline(mails: &[accounts::Message]) -> Vec<(&str, bool, bool)> {
    let has = |mail: &accounts::Message, page: &str| mail.text.contains(page) && mail.html.contains(page);
    let mut all: Vec<_> =
        mails.iter().map(|mail| (mail.to.as_str(), has(mail, "/not-me#"), has(mail, "/verify#"))).collect();
    all.sort_unstable();
    all
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_address_counts_once_it_is_proven_and_both_are_told(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ctx = world.holder(&ana).await;
    let view = world.accounts.change_email(&ctx, to(NEW)).await.unwrap();
    assert_eq!((view.email.as_str(), view.verified, view.waiting.as_deref()), (OLD, true, Some(NEW)));
    assert_eq!(world.accounts.me(&ctx).await.unwrap().email, OLD);
    let mails = world.mail().await;
    assert_eq!(outline(&mails), [(OLD, true, false), (NEW, false, true)]);
    let confirm = mails.iter().find(|mail| mail.to == NEW).unwrap();
    let link = link_token(confirm, "verify");
    let reader = world.accounts.verify_email(&world.stranger(), by_link(&link)).await;
    assert!(matches!(reader, Err(Error::Reauthenticate)), "who reads the mailbox has no account by that");
    assert_eq!(shown(&world, &ctx).await, view);
    world.accounts.verify_email(&ctx, by_link(&link)).await.unwrap();
    let view = shown(&world, &ctx).await;
    assert_eq!((view.email.as_str(), view.verified, view.waiting), (NEW, true, None));
    assert_eq!(outline(&world.mail().await), [(OLD, true, false)], "the new one has proven itself");
    assert!(world.accounts.sign_in(&world.stranger(), sign_in(NEW, PASSWORD)).await.is_ok());
    assert!(world.accounts.sign_in(&world.stranger(), sign_in(OLD, PASSWORD)).await.is_err());
    let twice = world.accounts.verify_email(&ctx, by_link(&link)).await;
    assert!(matches!(twice, Err(Error::LinkInvalid)));
    assert_eq!(kinds(&world).await[..2], ["email_change_requested", "email_changed"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_code_and_the_password_prove_it_from_another_device(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    world.accounts.change_email(&world.holder(&ana).await, to(NEW)).await.unwrap();
    let code = mail_code(world.mail().await.iter().find(|mail| mail.to == NEW).unwrap());
    let form = |password: &str| VerifyForm {
        email: NEW.to_owned(),
        code: code.clone().into(),
        password: password.into(),
        ..VerifyForm::default()
    };
    let wrong = world.accounts.verify_email(&world.stranger(), form("wrong")).await;
    assert!(matches!(wrong, Err(Error::WrongCredentials)));
    world.accounts.verify_email(&world.stranger(), form(PASSWORD)).await.unwrap();
    assert_eq!(shown(&world, &world.holder(&ana).await).await.email, NEW);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_the_password_nothing_changes_and_nobody_is_written_to(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ctx = world.holder(&ana).await;
    for (email, password, field, reason) in [
        (NEW, "wrong", "password", "wrong"),
        (NEW, "", "password", "required"),
        ("a@b_c", PASSWORD, "email", "invalid"),
        ("ANA@example.com.", PASSWORD, "email", "unchanged"),
    ] {
        let form = EmailForm { email: email.to_owned(), password: password.into() };
        let Err(Error::Invalid(errors)) = world.accounts.change_email(&ctx, form).await else {
            panic!("{email} {password}");
        };
        assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), (field, reason));
    }
    assert!(world.mail().await.is_empty());
    assert_eq!(shown(&world, &ctx).await.waiting, None);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_change_waits_at_a_time_and_can_be_cancelled(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ctx = world.holder(&ana).await;
    world.accounts.change_email(&ctx, to(NEW)).await.unwrap();
    let first = link_token(world.mail().await.iter().find(|mail| mail.to == NEW).unwrap(), "verify");
    world.accounts.change_email(&ctx, to("ana@third.example")).await.unwrap();
    let mails = world.mail().await;
    let second = link_token(mails.iter().find(|mail| mail.to == "ana@third.example").unwrap(), "verify");
    let replaced = world.accounts.verify_email(&ctx, by_link(&first)).await;
    assert!(matches!(replaced, Err(Error::LinkInvalid)));
    let view = world.accounts.cancel_email_change(&ctx).await.unwrap();
    assert_eq!((view.email.as_str(), view.waiting), (OLD, None));
    let cancelled = world.accounts.verify_email(&ctx, by_link(&second)).await;
    assert!(matches!(cancelled, Err(Error::LinkInvalid)));
    world.accounts.cancel_email_change(&ctx).await.unwrap();
    let cancels = "SELECT count(*) FROM audit_events WHERE kind = 'email_change_cancelled'";
    assert_eq!(world.count(cancels).await, 1, "there was nothing left to cancel");
    assert!(matches!(world.accounts.cancel_email_change(&world.stranger()).await, Err(Error::SignInNeeded)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_proof_that_comes_too_late_changes_nothing(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ctx = world.holder(&ana).await;
    world.accounts.change_email(&ctx, to(NEW)).await.unwrap();
    let link = link_token(world.mail().await.iter().find(|mail| mail.to == NEW).unwrap(), "verify");
    let eve = domain::RegistrationForm { email: NEW.to_owned(), ..registration("eve") };
    world.accounts.register(&world.stranger(), eve).await.unwrap();
    let taken = world.accounts.verify_email(&ctx, by_link(&link)).await;
    assert!(matches!(taken, Err(Error::Taken(Field::Email))));
    let told = world.accounts.change_email(&ctx, to(NEW)).await;
    assert!(matches!(told, Err(Error::Taken(Field::Email))), "as a sign-up would say");
    world.execute("DELETE FROM users WHERE email = 'ana@new.example'").await;
    world.clock.advance(Duration::DAY);
    let ctx = world.holder(&ana).await;
    let expired = world.accounts.verify_email(&ctx, by_link(&link)).await;
    assert!(matches!(expired, Err(Error::LinkInvalid)));
    assert_eq!(shown(&world, &ctx).await.email, OLD);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_mailed_to_the_old_address_ends_with_it(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ctx = world.holder(&ana).await;
    let asked = domain::AddressForm { email: OLD.to_owned() };
    world.accounts.forgot_password(&world.stranger(), asked).await.unwrap();
    let reset = link_token(&world.mail().await[0], "reset");
    world.accounts.change_me(&ctx, patch(json!({"email": NEW}))).await.unwrap();
    let form = ResetForm {
        token: reset.into(),
        new_password: "copper lanterns over water".into(),
        ..ResetForm::default()
    };
    let ended = world.accounts.reset_password(&world.stranger(), form).await;
    assert!(matches!(ended, Err(Error::LinkInvalid)));
}

/// The API changes it at once where an unproven address counts; so does an admin.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_change_at_once_is_told_to_both_addresses(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ada = admin(&world, "ada").await;
    world.mail().await;
    let ctx = world.holder(&ana).await;
    let changed = world.accounts.change_me(&ctx, patch(json!({"email": NEW}))).await.unwrap();
    assert_eq!((changed.email.as_str(), changed.email_verified), (NEW, false));
    assert_eq!(outline(&world.mail().await), [(OLD, true, false), (NEW, false, false)]);
    let by_admin = admin_patch(json!({"email": "ana@third.example"}));
    world.accounts.change_user(&world.holder(&ada).await, ana.viewer.id, by_admin).await.unwrap();
    let expected = [(NEW, false, false), ("ana@third.example", false, false)];
    assert_eq!(outline(&world.mail().await), expected, "nobody has proven that address");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_mail_an_address_changes_at_once(pool: PgPool) {
    let world = World::with(pool, |settings| settings.mail.enabled = false);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    let view = world.accounts.change_email(&ctx, to(NEW)).await.unwrap();
    assert_eq!(
        (view.email.as_str(), view.verified, view.waiting, view.sends_mail),
        (NEW, false, None, false)
    );
    assert_eq!(world.count("SELECT count(*) FROM outbox").await, 0);
}

/// Whoever took an account over must not block the way back by an account of their own.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_can_be_taken_back_is_given_to_nobody_else(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let eve = world.member("eve").await;
    let ctx = world.holder(&ana).await;
    world.accounts.change_me(&ctx, patch(json!({"email": NEW}))).await.unwrap();
    let again_ana = world.accounts.register(&world.stranger(), registration("ana")).await;
    assert!(matches!(again_ana, Err(Error::Taken(Field::Email))));
    let moved = world.accounts.change_me(&world.holder(&eve).await, patch(json!({"email": OLD}))).await;
    assert!(matches!(moved, Err(Error::Taken(Field::Email))));
    assert_eq!(again(&world, "eve").await.viewer.email, "eve@example.com");
    world.accounts.change_me(&ctx, patch(json!({"email": OLD}))).await.unwrap();
    world.accounts.change_me(&world.holder(&ana).await, patch(json!({"email": NEW}))).await.unwrap();
    world.mail().await;
    world.clock.advance(Duration::days(8));
    assert!(world.accounts.register(&world.stranger(), registration("ana")).await.is_ok());
}

/// Each address that somebody types is a mailbox that gets a mail.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_mailbox_gets_three_mails_an_hour_whoever_asks(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    for _ in 0..3 {
        world.accounts.change_email(&world.holder(&ana).await, to(NEW)).await.unwrap();
    }
    let fourth = world.accounts.change_email(&world.holder(&ana).await, to(NEW)).await;
    assert!(matches!(fourth, Err(Error::TooManyTries { .. })));
}

/// Where only proven addresses count, a program waits for the proof too. Where a sign-up tells nobody that an address
/// has an account, neither does a change; whose it is gets the mail that says so.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_api_waits_where_only_proven_addresses_count(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    world.member("eve").await;
    world.mail().await;
    let ctx = world.holder(&ana).await;
    let named = |email: &str| patch(json!({"email": email, "name": "Ana"}));
    let strict =
        World::replica(&world.pool, &world.clock, |settings| settings.signup = accounts::Signup::Verify);
    let kept = strict.change_me(&ctx, named(NEW)).await.unwrap();
    assert_eq!(
        (kept.email.as_str(), kept.email_verified, kept.profile.name.as_deref()),
        (OLD, true, Some("Ana"))
    );
    assert_eq!(outline(&world.mail().await), [(OLD, true, false), (NEW, false, true)]);
    let same = strict.change_me(&ctx, named("eve@example.com")).await.unwrap();
    assert_eq!((same.email.as_str(), same.updated_at > kept.updated_at), (OLD, false));
    assert_eq!(shown(&world, &ctx).await.waiting.as_deref(), Some("eve@example.com"));
    let mails = world.mail().await;
    assert_eq!(outline(&mails), [(OLD, true, false), ("eve@example.com", false, false)]);
    let eves = mails.iter().find(|mail| mail.to == "eve@example.com").unwrap();
    assert!(eves.text.contains("/login") && eves.text.contains("/forgot"), "{}", eves.text);
}
