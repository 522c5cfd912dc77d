//! "This wasn't me": the owner of a proven address takes the account back.

use crate::crew::{again, patch};
use accounts::{Error, Message, SignedIn};
use domain::{AddressForm, EmailForm, NotMeForm, PasswordForm, ResetForm, VerifyForm};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, mail_code, sign_in};
use time::Duration;

const THEIRS: &str = "thief@example.net";
const NEW: &str = "copper lanterns over water";

async fn with_ana(pool: PgPool) -> (World, SignedIn) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    (world, ana)
}

fn by_link(mail: &Message) -> NotMeForm {
    NotMeForm { token: link_token(mail, "not-me").into(), ..NotMeForm::default() }
}

fn reset(token: &str) -> ResetForm {
    ResetForm { token: token.into(), new_password: NEW.into(), ..ResetForm::default() }
}

/// Somebody with ana's password gives the account an address of their own, proves it, and changes the password. The
/// notices of it, in order.
async fn steal(world: &World) -> Vec<Message> {
    let thief = again(world, "ana").await;
    let ctx = world.holder(&thief).await;
    let form = EmailForm { email: THEIRS.to_owned(), password: PASSWORD.into() };
    world.accounts.change_email(&ctx, form).await.unwrap();
    let mut mails = world.mail().await;
    let confirm = mails.iter().position(|mail| mail.to == THEIRS).unwrap();
    let token = link_token(&mails.remove(confirm), "verify");
    world
        .accounts
        .verify_email(&ctx, VerifyForm { token: token.into(), ..VerifyForm::default() })
        .await
        .unwrap();
    world.clock.advance(Duration::SECOND);
    let ctx = world.holder(&thief).await;
    let form =
        PasswordForm { current_password: PASSWORD.into(), new_password: "thieves keep lanterns lit".into() };
    world.accounts.change_password(&ctx, form).await.unwrap();
    mails.extend(world.mail().await);
    mails
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_button_takes_everything_back(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let program = world.program("ana").await;
    let mails = steal(&world).await;
    let told = mails.iter().rfind(|mail| mail.to == "ana@example.com").unwrap();
    let token = world.accounts.disown(&world.stranger(), by_link(told)).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL").await, 0);
    assert_eq!(world.count("SELECT count(*) FROM known_devices").await, 0);
    assert!(world.accounts.refresh(&world.stranger(), &program.refresh_token).await.is_err());
    let back = "SELECT count(*) FROM users WHERE email = 'ana@example.com' AND email_canonical = email \
                AND email_verified AND password_hash IS NULL AND is_active";
    assert_eq!(world.count(back).await, 1);
    for password in [PASSWORD, "thieves keep lanterns lit"] {
        let blocked = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", password)).await;
        assert!(matches!(blocked, Err(Error::WrongCredentials)));
    }
    world.accounts.reset_password(&world.stranger(), reset(&token)).await.unwrap();
    let signed_in = world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", NEW)).await.unwrap();
    assert_eq!(signed_in.viewer.id, ana.viewer.id);
    let recorded = "SELECT count(*) FROM audit_events e JOIN audit_details d ON d.event_id = e.id \
                    WHERE kind = 'account_recovered' AND actor_id IS NULL AND d.detail->>'address' = 'restored'";
    assert_eq!(world.count(recorded).await, 1);
}

/// The thief's own notices came to an address that was proven, too.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_link_of_before_goes_before_a_thief_s(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    let mails = steal(&world).await;
    let theirs = mails.iter().find(|mail| mail.to == THEIRS).unwrap();
    let owners: Vec<_> = mails.iter().filter(|mail| mail.to == "ana@example.com").collect();
    let stolen = world.accounts.disown(&world.stranger(), by_link(theirs)).await.unwrap();
    world.accounts.disown(&world.stranger(), by_link(owners[0])).await.unwrap();
    let ended = world.accounts.reset_password(&world.stranger(), reset(&stolen)).await;
    assert!(matches!(ended, Err(Error::LinkInvalid)));
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email = 'ana@example.com'").await, 1);
    for mail in owners {
        let used = world.accounts.disown(&world.stranger(), by_link(mail)).await;
        assert!(matches!(used, Err(Error::LinkInvalid)), "one use ends them all");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn after_the_owner_a_thief_s_link_is_good_for_nothing(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    let mails = steal(&world).await;
    let told = mails.iter().rfind(|mail| mail.to == "ana@example.com").unwrap();
    world.accounts.disown(&world.stranger(), by_link(told)).await.unwrap();
    let theirs = mails.iter().find(|mail| mail.to == THEIRS).unwrap();
    let late = world.accounts.disown(&world.stranger(), by_link(theirs)).await;
    assert!(matches!(late, Err(Error::LinkInvalid)));
}

/// Without scripts, and on another device: each notice has its own code, and any of them works.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_code_of_any_notice_does_the_same(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    again(&world, "ana").await;
    let form = PasswordForm { current_password: PASSWORD.into(), new_password: NEW.into() };
    world.accounts.change_password(&world.holder(&ana).await, form).await.unwrap();
    let mails = world.mail().await;
    assert_eq!(mails.len(), 2);
    let by_code = |email: &str, mail| NotMeForm {
        email: email.to_owned(),
        code: mail_code(mail).into(),
        ..NotMeForm::default()
    };
    let other = world.accounts.disown(&world.stranger(), by_code("eve@example.com", &mails[0])).await;
    assert!(matches!(other, Err(Error::LinkInvalid)));
    world.accounts.disown(&world.stranger(), by_code("ana@example.com", &mails[0])).await.unwrap();
    for mail in &mails {
        let used = world.accounts.disown(&world.stranger(), by_code("ana@example.com", mail)).await;
        assert!(matches!(used, Err(Error::LinkInvalid)));
    }
    let empty = world.accounts.disown(&world.stranger(), NotMeForm::default()).await;
    assert!(matches!(empty, Err(Error::Invalid(_))));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn of_many_at_once_one_counts(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    again(&world, "ana").await;
    let mail = world.mail().await.remove(0);
    let (here, there) = (world.stranger(), world.stranger());
    let [first, second] = [&here, &there].map(|ctx| world.accounts.disown(ctx, by_link(&mail)));
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() != second.is_ok());
}

/// It waits a week from when it was sent, whatever became of the account but for an admin's decision.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn it_ends_after_a_week_and_with_the_account(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    again(&world, "ana").await;
    let mail = world.mail().await.remove(0);
    world.execute("UPDATE users SET is_active = false").await;
    let disabled = world.accounts.disown(&world.stranger(), by_link(&mail)).await;
    assert!(matches!(disabled, Err(Error::LinkInvalid)));
    world.execute("UPDATE users SET is_active = true").await;
    world.clock.advance(Duration::WEEK);
    let late = world.accounts.disown(&world.stranger(), by_link(&mail)).await;
    assert!(matches!(late, Err(Error::LinkInvalid)));
}

/// Whoever has the address keeps it, and the owner gets in all the same. Where the account still is, a thief reads.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_address_that_somebody_else_has_stays_theirs(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    world.accounts.change_me(&world.holder(&ana).await, patch(json!({"email": THEIRS}))).await.unwrap();
    let mails = world.mail().await;
    let told = mails.iter().find(|mail| mail.to == "ana@example.com").unwrap();
    world.member("eve").await;
    let given = "UPDATE users SET email = 'ana@example.com', email_canonical = 'ana@example.com' \
                 WHERE email = 'eve@example.com'";
    world.execute(given).await;
    world.mail().await;
    let token = world.accounts.disown(&world.stranger(), by_link(told)).await.unwrap();
    let recipients: Vec<_> = world.mail().await.into_iter().map(|mail| mail.to).collect();
    assert_eq!(recipients, ["ana@example.com"]);
    world.accounts.reset_password(&world.stranger(), reset(&token)).await.unwrap();
    let signed_in = world.accounts.sign_in(&world.stranger(), sign_in(THEIRS, NEW)).await.unwrap();
    assert_eq!(signed_in.viewer.id, ana.viewer.id);
    let recorded = "SELECT count(*) FROM audit_details WHERE detail->>'address' = 'taken'";
    assert_eq!(world.count(recorded).await, 1);
    assert_eq!(world.count("SELECT count(*) FROM users WHERE email_verified").await, 0, "nothing was proven");
}

/// A notice that was still to be sent is not: its link has ended.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_waits_to_be_sent_ends_with_it(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    again(&world, "ana").await;
    let mail = world.mail().await.remove(0);
    let form = PasswordForm { current_password: PASSWORD.into(), new_password: NEW.into() };
    world.accounts.change_password(&world.holder(&ana).await, form).await.unwrap();
    world.accounts.disown(&world.stranger(), by_link(&mail)).await.unwrap();
    let told: Vec<_> = world.mail().await.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(told, ["Your Doorstep account was taken back"]);
}

/// Whoever takes an account back is told so where that was done, and so is the address that the account loses by it:
/// the button may have been pressed by a thief. Neither mail has a way back.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_the_button_did_is_told_to_both_addresses(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    let mails = steal(&world).await;
    let owner = mails.iter().rfind(|mail| mail.to == "ana@example.com").unwrap();
    let token = world.accounts.disown(&world.stranger(), by_link(owner)).await.unwrap();
    let mut told = world.mail().await;
    told.sort_by(|a, b| a.to.cmp(&b.to));
    let subjects: Vec<_> = told.iter().map(|mail| (mail.to.as_str(), mail.subject.as_str())).collect();
    let changed = "Your email address for Doorstep was changed";
    assert_eq!(subjects, [("ana@example.com", "Your Doorstep account was taken back"), (THEIRS, changed)]);
    assert!(told[0].text.contains("/forgot") && told[1].text.contains("ana@example.com"));
    assert!(told.iter().all(|mail| !mail.text.contains("/not-me#")));
    world.accounts.reset_password(&world.stranger(), reset(&token)).await.unwrap();
    let told = world.mail().await;
    assert!(told.len() == 1 && told[0].to == "ana@example.com", "of the new password too");
}

/// P28: nobody but an admin can take that role away, and this neither: the account goes on to a new password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_only_admin_takes_the_account_back_and_goes_on(pool: PgPool) {
    let world = World::new(pool);
    crate::crew::admin(&world, "ada").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.mail().await;
    again(&world, "ada").await;
    let token = world.accounts.disown(&world.stranger(), by_link(&world.mail().await[0])).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users WHERE role = 'admin' AND is_active").await, 1);
    world.accounts.reset_password(&world.stranger(), reset(&token)).await.unwrap();
    assert!(world.accounts.admin_exists().await.unwrap());
    let ada = world.accounts.sign_in(&world.stranger(), sign_in("ada@example.com", NEW)).await.unwrap();
    assert!(world.holder(&ada).await.admin().is_ok());
}

/// Somebody gives their own account an address that is not theirs, and could take it back from whoever resets its
/// password there, with all that is in it by then.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nobody_is_led_into_an_account_that_may_be_taken_back(pool: PgPool) {
    let (world, eve) = with_ana(pool).await;
    let ctx = world.holder(&eve).await;
    world.accounts.change_me(&ctx, patch(json!({"email": "victim@example.com"}))).await.unwrap();
    assert!(world.mail().await.iter().any(|mail| mail.to == "ana@example.com"));
    let asked = AddressForm { email: "victim@example.com".into() };
    world.accounts.forgot_password(&world.stranger(), asked.clone()).await.unwrap();
    assert!(world.mail().await.is_empty(), "no link into eve's account");
    world.clock.advance(Duration::days(8));
    world.accounts.forgot_password(&world.stranger(), asked).await.unwrap();
    let mail = world.mail().await.pop().unwrap();
    let token = link_token(&mail, "reset");
    world.accounts.reset_password(&world.stranger(), reset(&token)).await.unwrap();
}

/// A thief's request that began before and waited gets its link after those of the owner.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_request_that_waited_makes_no_link_of_before(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    let thief = again(&world, "ana").await;
    let early = world.holder(&thief).await;
    world.clock.advance(Duration::SECOND);
    let mails = steal(&world).await;
    let owner = mails.iter().rfind(|mail| mail.to == "ana@example.com").unwrap();
    let later = again_as(&world, THEIRS, "thieves keep lanterns lit").await;
    let ctx = accounts::RequestCtx { now: early.now, ..world.holder(&later).await };
    let form =
        PasswordForm { current_password: "thieves keep lanterns lit".into(), new_password: NEW.into() };
    world.accounts.change_password(&ctx, form).await.unwrap();
    let told = world.mail().await.into_iter().rfind(|mail| mail.to == THEIRS).unwrap();
    world.accounts.disown(&world.stranger(), by_link(owner)).await.unwrap();
    let thief = world.accounts.disown(&world.stranger(), by_link(&told)).await;
    assert!(matches!(thief, Err(Error::LinkInvalid)), "it ended with the owner's");
}

async fn again_as(world: &World, email: &str, password: &str) -> SignedIn {
    world.accounts.sign_in(&world.stranger(), sign_in(email, password)).await.unwrap()
}
