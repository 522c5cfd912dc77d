//! Leaving: an account closes at once, can be restored for some days, and is gone then.

use crate::crew::{admin, admin_patch, again, deletion, kinds};
use accounts::{Error, Message, Precondition, RequestCtx, SignedIn};
use domain::{
    AddressForm, CodeRequestForm, CodeSignInForm, LeaveForm, NotMeForm, PasswordForm, ResetForm, SignInForm,
};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, mail_code, registration, sign_in};
use time::Duration;

pub(super) const CLOSING: &str = "SELECT count(*) FROM users WHERE closes_at IS NOT NULL AND NOT is_active";
pub(super) const USERS: &str = "SELECT count(*) FROM users";
const NEW: &str = "copper lanterns over water";

/// Ana's account, whose address is proven, closes from now on.
pub(super) async fn closing(pool: PgPool) -> (World, SignedIn) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    (world, ana)
}

pub(super) async fn restore(world: &World, ctx: &RequestCtx, password: &str) -> Result<(), Error> {
    world.accounts.restore_bearer(ctx, sign_in("ana@example.com", password)).await.map(drop)
}

/// Over the API as for nobody; in a browser only the right password is told.
async fn is_refused(world: &World) -> bool {
    let accounts = &world.accounts;
    let form = |password| sign_in("ana@example.com", password);
    let program = accounts.sign_in_bearer(&world.stranger(), form(PASSWORD)).await.map(drop);
    let cookie = accounts.sign_in_api_cookie(&world.stranger(), form(PASSWORD)).await.map(drop);
    let told = accounts.sign_in(&world.stranger(), form(PASSWORD)).await.map(drop);
    let guessed = accounts.sign_in(&world.stranger(), form("wrong")).await.map(drop);
    [program, cookie, guessed].iter().all(|refused| matches!(refused, Err(Error::WrongCredentials)))
        && matches!(told, Err(Error::AccountClosing { left }) if left == Duration::days(14))
}

async fn only(world: &World) -> Message {
    let mut mails = world.mail().await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.clone()).collect();
    assert_eq!(mails.len(), 1, "{subjects:?}");
    mails.remove(0)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_deleted_account_closes_at_once_and_is_gone_after_the_grace(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let (there, program) = (again(&world, "ana").await, world.program("ana").await);
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    for ended in [&ana, &there] {
        assert!(world.holder(ended).await.member().is_err());
    }
    assert!(world.bearer(&program).await.member().is_err());
    assert!(world.accounts.refresh(&world.stranger(), &program.refresh_token).await.is_err());
    assert!(is_refused(&world).await);
    let taken = world.accounts.sign_up(&world.stranger(), registration("ana")).await;
    assert!(matches!(taken, Err(Error::Taken(_))), "the address stays taken");

    world.clock.advance(Duration::days(14) - Duration::SECOND);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(CLOSING).await, 1);
    world.clock.advance(Duration::SECOND);
    assert!(matches!(restore(&world, &world.stranger(), PASSWORD).await, Err(Error::WrongCredentials)));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 0);
    let kinds = kinds(&world).await;
    assert!(kinds.contains(&"account_closing".to_owned()) && kinds.contains(&"account_deleted".to_owned()));
    world.member("ana").await;
}

/// P1, P2: one look-up, one hash, one audit row, one answer.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn restoring_costs_and_says_what_a_sign_in_does(pool: PgPool) {
    let (world, _) = closing(pool).await;
    world.member("eve").await;
    world.execute("UPDATE users SET is_active = false WHERE email = 'eve@example.com'").await;
    for (name, password) in
        [("ana@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("eve@example.com", PASSWORD)]
    {
        let (hashes, events) =
            (world.accounts.hash_count(), world.count("SELECT count(*) FROM audit_events").await);
        let refused = world.accounts.restore_bearer(&world.stranger(), sign_in(name, password)).await;
        assert!(matches!(refused, Err(Error::WrongCredentials)), "{name}");
        assert_eq!(world.accounts.hash_count() - hashes, 1, "{name}");
        assert_eq!(world.count("SELECT count(*) FROM audit_events").await - events, 1, "{name}");
    }
    let hashes = world.accounts.hash_count();
    let form = sign_in("ana@example.com", PASSWORD);
    let refused = world.accounts.sign_in_bearer(&world.stranger(), form).await;
    assert!(matches!(refused, Err(Error::WrongCredentials)));
    restore(&world, &world.stranger(), PASSWORD).await.unwrap();
    assert_eq!(world.accounts.hash_count() - hashes, 2, "one for each");
    assert_eq!(world.count(CLOSING).await, 0);
    again(&world, "ana").await;
}

/// The sign-in page offers nothing else, and its form does it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_sign_in_page_s_form_restores_where_it_says_so(pool: PgPool) {
    let (world, _) = closing(pool).await;
    let restored =
        |name: &str, password| SignInForm { restore: name.into(), ..sign_in("ana@example.com", password) };
    let form = |password| restored("ana@example.com", password);
    let another = world.accounts.sign_in(&world.stranger(), restored("bob@example.com", PASSWORD)).await;
    assert!(matches!(another, Err(Error::AccountClosing { .. })), "offered for another name: {another:?}");
    let guessed = world.accounts.sign_in(&world.stranger(), form("wrong")).await;
    assert!(matches!(guessed, Err(Error::WrongCredentials)));
    assert_eq!(world.count(CLOSING).await, 1);
    let ana = world.accounts.sign_in(&world.stranger(), form(PASSWORD)).await.unwrap();
    assert!(world.holder(&ana).await.member().is_ok());
    assert_eq!(world.count(CLOSING).await, 0);
}

/// Whoever looks at the page with the right password made no mistake, and does not wait to restore.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn looking_at_a_closing_account_is_no_failure_of_its_owner(pool: PgPool) {
    let (world, _) = closing(pool).await;
    for _ in 0..12 {
        let told = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
        assert!(matches!(told, Err(Error::AccountClosing { .. })), "{told:?}");
    }
    restore(&world, &world.stranger(), PASSWORD).await.unwrap();
    assert!(!kinds(&world).await.contains(&"sign_in_failed".to_owned()));
}

/// P12: the same throttle as a sign-in's.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn guesses_at_a_restore_are_guesses_at_the_account(pool: PgPool) {
    let (world, _) = closing(pool).await;
    let mut refusal = Ok(());
    for _ in 0..20 {
        refusal = restore(&world, &world.stranger(), "wrong").await;
        if matches!(refusal, Err(Error::TooManyTries { .. })) {
            break;
        }
    }
    assert!(matches!(refusal, Err(Error::TooManyTries { .. })), "{refusal:?}");
    let sign_in = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
    assert!(matches!(sign_in, Err(Error::TooManyTries { .. })));
}

/// An answer that was lost is asked for again.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_restored_account_is_whole_and_restoring_it_again_signs_in(pool: PgPool) {
    let (world, _) = closing(pool).await;
    for _ in 0..2 {
        let pair = world
            .accounts
            .restore_bearer(&world.stranger(), sign_in("ana@example.com", PASSWORD))
            .await
            .unwrap();
        let me = world.accounts.me(&world.bearer(&pair).await).await.unwrap();
        assert!(me.is_active);
    }
    let restored = kinds(&world).await.into_iter().filter(|kind| kind == "account_restored").count();
    assert_eq!(restored, 1);
    world.clock.advance(Duration::days(15));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 1);
}

async fn ask_for_a_code(world: &World) {
    let code = CodeRequestForm { identifier: "ana@example.com".to_owned(), ..CodeRequestForm::default() };
    world.accounts.ask_sign_in_code(&world.stranger(), code).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_mail_chooses_a_password_for_a_closing_account(pool: PgPool) {
    let (world, _) = closing(pool).await;
    assert!(only(&world).await.subject.contains("will be deleted"));
    let address = AddressForm { email: "ana@example.com".to_owned() };
    world.accounts.forgot_password(&world.stranger(), address).await.unwrap();
    world.execute("UPDATE users SET email_verified = false").await;
    ask_for_a_code(&world).await;
    assert!(world.mail().await.is_empty(), "nor a code to an address that nobody has proven");
}

/// The way back of whoever has no password, or forgot it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_code_by_mail_restores_where_the_page_says_so(pool: PgPool) {
    let (world, _) = closing(pool).await;
    world.execute("UPDATE users SET password_hash = NULL").await;
    world.mail().await;
    ask_for_a_code(&world).await;
    let code = mail_code(&only(&world).await);
    let form = |restore: &str| CodeSignInForm {
        identifier: "ana@example.com".to_owned(),
        code: code.as_str().into(),
        restore: restore.to_owned(),
        ..CodeSignInForm::default()
    };
    let program = world.accounts.sign_in_by_code_bearer(&world.stranger(), form(""), false).await;
    assert!(matches!(program, Err(Error::WrongCode)), "as for nobody");
    for offered in ["", "bob@example.com"] {
        let told = world.accounts.sign_in_by_code(&world.stranger(), form(offered)).await;
        assert!(
            matches!(told, Err(Error::AccountClosing { left }) if left == Duration::days(14)),
            "{told:?}"
        );
    }
    assert_eq!(world.count(CLOSING).await, 1);
    let ana = world.accounts.sign_in_by_code(&world.stranger(), form("ana@example.com")).await.unwrap();
    assert!(world.holder(&ana).await.member().is_ok());
    assert_eq!(world.count(CLOSING).await, 0);
    assert!(world.mail().await.iter().any(|mail| mail.subject.contains("was restored")));
    let again = world.accounts.sign_in_by_code(&world.stranger(), form("ana@example.com")).await;
    assert!(matches!(again, Err(Error::WrongCode)), "once");
}

/// Neither at once nor once the account is restored.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_opened_the_account_before_opens_it_no_more(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    let program = world.program("ana").await;
    world.mail().await;
    let address = AddressForm { email: "ana@example.com".to_owned() };
    world.accounts.forgot_password(&world.stranger(), address).await.unwrap();
    let reset = link_token(&only(&world).await, "reset");
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    restore(&world, &world.stranger(), PASSWORD).await.unwrap();
    assert!(world.holder(&ana).await.member().is_err() && world.bearer(&program).await.member().is_err());
    assert!(world.accounts.refresh(&world.stranger(), &program.refresh_token).await.is_err());
    let form = ResetForm { token: reset.into(), new_password: NEW.into(), ..ResetForm::default() };
    let refused = world.accounts.reset_password(&world.stranger(), form).await;
    assert!(matches!(refused, Err(Error::LinkInvalid)), "{refused:?}");
}

/// Days before it would be sent.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_mail_of_an_end_goes_with_it(pool: PgPool) {
    let waiting = "SELECT count(*) FROM outbox";
    let (world, ana) = closing(pool).await;
    let ada = world.holder(&admin(&world, "ada").await).await;
    world.mail().await;
    assert_eq!(world.count(waiting).await, 1);
    restore(&world, &world.stranger(), PASSWORD).await.unwrap();
    world.mail().await;
    assert_eq!(world.count(waiting).await, 0);
    for enabled in [true, false] {
        let ctx = world.holder(&again(&world, "ana").await).await;
        world.accounts.delete_me(&ctx, deletion(None)).await.unwrap();
        world.mail().await;
        assert_eq!(world.count(waiting).await, 1);
        if enabled {
            let enable = admin_patch(json!({"is_active": true}));
            world.accounts.change_user(&ada, ana.viewer.id, enable).await.unwrap();
        } else {
            world.accounts.delete_user(&ada, ana.viewer.id).await.unwrap();
        }
        world.mail().await;
        assert_eq!(world.count(waiting).await, 0, "{enabled}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_deletion_is_of_what_was_shown(pool: PgPool) {
    let world = World::new(pool);
    let mut ctx = world.holder(&world.member("ana").await).await;
    ctx.precondition = Precondition::Form("an older one".to_owned());
    let refused = world.accounts.delete_me(&ctx, deletion(None)).await;
    assert!(matches!(refused, Err(Error::ChangedMeanwhile)), "{refused:?}");
    ctx.precondition = Precondition::Form(world.accounts.leaving(&ctx).await.unwrap().version);
    world.accounts.delete_me(&ctx, deletion(None)).await.unwrap();
}

/// Nobody is asked who they are for what is refused anyway.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_last_admin_is_refused_before_a_recent_sign_in_is_asked_for(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    world.clock.advance(Duration::minutes(11));
    let ctx = world.holder(&ada).await;
    let refused = world.accounts.delete_me(&ctx, deletion(None)).await;
    assert!(matches!(refused, Err(Error::LastAdmin)), "{refused:?}");
    admin(&world, "eve").await;
    let refused = world.accounts.delete_me(&ctx, deletion(None)).await;
    assert!(matches!(refused, Err(Error::Reauthenticate)), "{refused:?}");
}

/// By a server that does not know that accounts close, or by hand.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_is_enabled_or_disabled_otherwise_closes_no_longer(pool: PgPool) {
    let (world, _) = closing(pool).await;
    for sql in ["UPDATE users SET is_active = true", "UPDATE users SET is_active = false"] {
        world.execute(sql).await;
        assert_eq!(world.count("SELECT count(*) FROM users WHERE closes_at IS NOT NULL").await, 0);
    }
    world.clock.advance(Duration::days(15));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(USERS).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_end_is_told_at_once_and_two_days_before(pool: PgPool) {
    let (world, _) = closing(pool).await;
    let first = only(&world).await;
    assert_eq!(first.to, "ana@example.com");
    assert!(first.text.contains("4 December 2026, 12:00 UTC") && first.text.contains("/not-me#"));
    world.clock.advance(Duration::days(12) - Duration::SECOND);
    assert!(world.mail().await.is_empty());
    world.clock.advance(Duration::SECOND);
    let last = only(&world).await;
    assert!(last.subject.contains("soon") && last.text.contains("4 December 2026, 12:00 UTC"));
    assert!(last.text.contains("/not-me#") && last.text.contains("/login"));
    assert_eq!(last.at, world.accounts.now());
    assert!(world.mail().await.is_empty());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_came_back_is_told_nothing_more(pool: PgPool) {
    let (world, _) = closing(pool).await;
    world.mail().await;
    restore(&world, &world.stranger(), PASSWORD).await.unwrap();
    world.mail().await;
    world.clock.advance(Duration::days(12));
    assert!(world.mail().await.is_empty());
}

/// Whoever got hold of the password may have closed it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn both_mails_give_the_account_back_to_its_owner(pool: PgPool) {
    for days in [0, 12] {
        let world = World::new(pool.clone());
        world.execute("TRUNCATE users, audit_events, outbox, throttle_rates CASCADE").await;
        let ana = world.member("ana").await;
        world.execute("UPDATE users SET email_verified = true").await;
        world.mail().await;
        let change = PasswordForm { current_password: PASSWORD.into(), new_password: NEW.into() };
        let changed = world.accounts.change_password(&world.holder(&ana).await, change).await.unwrap();
        let thief = world.browser(&changed.token.unwrap()).await;
        world.accounts.delete_me(&thief, deletion(None)).await.unwrap();
        let first = world.mail().await;
        world.clock.advance(Duration::days(days));
        let mail = if days == 0 { first.last().unwrap().clone() } else { only(&world).await };
        let form = NotMeForm { token: link_token(&mail, "not-me").into(), ..NotMeForm::default() };
        let token = world.accounts.disown(&world.stranger(), form).await.unwrap();
        let reset = ResetForm { token: token.into(), new_password: PASSWORD.into(), ..ResetForm::default() };
        world.accounts.reset_password(&world.stranger(), reset).await.unwrap();
        again(&world, "ana").await;
        assert_eq!(world.count(CLOSING).await, 0);
    }
}

/// Without a password the first mail is the only way back: its link works until the end, and says so.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_first_mail_takes_the_account_back_until_its_end(pool: PgPool) {
    let world = World::with(pool, |settings| settings.deletion_grace_days = 30);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    world.accounts.delete_me(&world.holder(&ana).await, deletion(None)).await.unwrap();
    world.execute("UPDATE users SET password_hash = NULL").await;
    let first = only(&world).await;
    assert!(first.text.contains("30 days"), "{}", first.text);
    world.clock.advance(Duration::days(28));
    let last = only(&world).await;
    assert!(last.text.contains("2 days") && !last.text.contains("7 days"), "{}", last.text);
    world.clock.advance(Duration::days(2) - Duration::MINUTE);
    let form = NotMeForm { token: link_token(&first, "not-me").into(), ..NotMeForm::default() };
    world.accounts.disown(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count(CLOSING).await, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_undone_takes_the_typed_address_and_is_told(pool: PgPool) {
    let world = World::with(pool, |settings| settings.deletion_grace_days = 0);
    let ctx = world.holder(&world.member("ana").await).await;
    world.mail().await;
    for typed in ["", "eve@example.com", "on"] {
        let form = LeaveForm { email: typed.to_owned() };
        let Err(Error::Invalid(errors)) = world.accounts.leave(&ctx, form).await else { panic!("{typed}") };
        assert_eq!((errors[0].field.as_ref(), errors[0].reason.code()), ("email", "wrong"), "{typed}");
    }
    assert_eq!(world.count(USERS).await, 1);
    world.accounts.leave(&ctx, LeaveForm { email: " Ana@example.com".to_owned() }).await.unwrap();
    assert_eq!(world.count(USERS).await, 0);
    assert!(only(&world).await.subject.contains("was deleted"));
}

/// By a code, from a proven address, somebody without a password has signed in; the address is another now.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_could_not_come_back_is_told_so_and_types_the_address(pool: PgPool) {
    let world = World::new(pool);
    let ctx = world.holder(&world.member("ana").await).await;
    assert!(world.accounts.leaving(&ctx).await.unwrap().way_back, "by the password");
    world.execute("UPDATE users SET password_hash = NULL, email_verified = true").await;
    assert!(world.accounts.leaving(&ctx).await.unwrap().way_back, "by a code");
    world.execute("UPDATE users SET email_verified = false").await;
    assert!(!world.accounts.leaving(&ctx).await.unwrap().way_back);
    let Err(Error::Invalid(errors)) = world.accounts.leave(&ctx, LeaveForm::default()).await else {
        panic!()
    };
    assert_eq!((errors[0].field.as_ref(), errors[0].reason.code()), ("email", "wrong"));
    assert_eq!(world.count(CLOSING).await, 0);
    world.accounts.leave(&ctx, LeaveForm { email: "ana@example.com".to_owned() }).await.unwrap();
    assert_eq!((world.count(CLOSING).await, world.count(USERS).await), (1, 1), "an admin can still help");
}

/// Whoever has the password may do it unseen otherwise.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_owner_is_told_that_the_account_was_restored(pool: PgPool) {
    let (world, _) = closing(pool).await;
    world.mail().await;
    restore(&world, &world.stranger(), PASSWORD).await.unwrap();
    let mails = world.mail().await;
    let told = mails.iter().find(|mail| mail.subject.contains("was restored")).unwrap();
    let form = NotMeForm { token: link_token(told, "not-me").into(), ..NotMeForm::default() };
    world.accounts.disown(&world.stranger(), form).await.unwrap();
    let again = restore(&world, &world.stranger(), PASSWORD).await;
    assert!(matches!(again, Err(Error::WrongCredentials)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_cannot_be_recorded_closes_and_restores_nothing(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    world.execute("ALTER TABLE audit_events ADD CONSTRAINT broken CHECK (false) NOT VALID").await;
    assert!(world.accounts.delete_me(&ctx, deletion(None)).await.is_err());
    assert_eq!(world.count(CLOSING).await, 0);
    world.execute("ALTER TABLE audit_events DROP CONSTRAINT broken").await;
    world.accounts.delete_me(&ctx, deletion(None)).await.unwrap();
    world.execute("ALTER TABLE audit_events ADD CONSTRAINT broken CHECK (false) NOT VALID").await;
    assert!(restore(&world, &world.stranger(), PASSWORD).await.is_err());
    assert_eq!(world.count(CLOSING).await, 1);
}
