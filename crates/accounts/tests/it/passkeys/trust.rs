//! What becomes of passkeys when an owner takes the account back, what is kept of them, and when it goes.

use super::{authenticator, with_passkey};
use crate::crew::{again, appoint, patch};
use accounts::{Error, LinkFor, SignedIn};
use domain::{AddressForm, NotMeForm, ResetForm};
use sqlx::PgPool;
use testkit::passkey::{SoftAuthenticator, new_passkey, passkey_factor};
use testkit::{ISSUER, PASSWORD, World, link_token};
use time::Duration;

const PASSKEYS: &str = "SELECT count(*) FROM passkeys";

/// A thief's passkey goes. The owner's is still asked for beside another factor, but opens nothing by itself before it came
/// with the new password: the thief may have that one, too.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn this_was_not_me_takes_away_what_was_added_since_and_trusts_no_other_alone(pool: PgPool) {
    let world = World::new(pool);
    let (mut own, mut thief_s) = (authenticator(), authenticator());
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.add_passkey(&mut ana, &mut own).await;
    world.clock.advance(Duration::HOUR);
    world.mail().await;
    let mut thief = world.sign_in_with(&mut own).await.unwrap();
    world.add_passkey(&mut thief, &mut thief_s).await;
    let mail = world.mail().await;
    let notice = mail.iter().find(|mail| mail.subject.contains("passkey was added")).unwrap();
    let form = NotMeForm { token: link_token(notice, "not-me").into(), ..NotMeForm::default() };
    let token = world.accounts.disown(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count(PASSKEYS).await, 1);
    for key in [&mut own, &mut thief_s] {
        let refused = world.sign_in_with(key).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    let (token, new_password) = (token.as_str().into(), PASSWORD.into());
    let form = ResetForm { token, new_password, ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    let refused = world.sign_in_with(&mut thief_s).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    let refused = world.sign_in_with(&mut own).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "a password says nothing of it: {refused:?}");
    second_step(&world, &mut own).await;
    world.sign_in_with(&mut own).await.unwrap();
}

/// Completes a sign-in by the password.
async fn second_step(world: &World, key: &mut SoftAuthenticator) -> SignedIn {
    let (ctx, challenge) = (world.stranger(), world.begin_sign_in("ana").await.challenge.reveal());
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    let form = passkey_factor(&key.get(ISSUER, &options));
    world.accounts.sign_in_by_factor(&ctx, &challenge, form).await.unwrap()
}

/// Each by itself: neither another passkey nor a step-up says whose it is.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_is_trusted_alone_again_once_it_came_with_the_password(pool: PgPool) {
    let world = World::new(pool);
    let (mut one, mut other) = (authenticator(), authenticator());
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut one).await;
    world.add_passkey(&mut ana, &mut other).await;
    world.execute("UPDATE passkeys SET alone = false").await;
    let ctx = world.holder(&ana).await;
    let options = world.accounts.passkey_confirm_options(&ctx).await.unwrap();
    world.accounts.confirm_by_factor(&ctx, passkey_factor(&other.get(ISSUER, &options))).await.unwrap();
    second_step(&world, &mut one).await;
    world.sign_in_with(&mut one).await.unwrap();
    let refused = world.sign_in_with(&mut other).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
}

/// Somebody signs up with an address of another person, and makes a passkey. That person's mailbox resets the password.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_set_up_before_an_address_was_proven_goes_when_its_mailbox_takes_the_account(pool: PgPool) {
    let world = World::new(pool);
    let (mut eves, mut eve) = (authenticator(), world.member("ana").await);
    world.add_passkey(&mut eve, &mut eves).await;
    world.set_up_totp(&mut eve).await;
    world.mail().await;
    world.execute("DELETE FROM audit_events").await;
    let address = AddressForm { email: "ana@example.com".to_owned() };
    world.accounts.forgot_password(&world.stranger(), address).await.unwrap();
    let token = link_token(&world.mail().await[0], "reset");
    let form = ResetForm { token: token.into(), new_password: PASSWORD.into(), ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    let refused = world.sign_in_with(&mut eves).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    for table in ["passkeys", "totp", "recovery_codes"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let removed = "SELECT count(*) FROM audit_events WHERE kind = 'factor_removed'";
    assert_eq!(world.count(removed).await, 2);
    let told: Vec<_> = world.mail().await.into_iter().map(|mail| mail.subject).collect();
    assert!(told.iter().any(|subject| subject.contains("passkey was removed")), "{told:?}");
    again(&world, "ana").await;
}

/// What stays at a reset by a link that was mailed, or that an operator passed on.
async fn left_by_reset(world: &World, passed_on: bool) -> i64 {
    let address = AddressForm { email: "ana@example.com".to_owned() };
    let token = if passed_on {
        let link = world.accounts.operator_link(LinkFor::Reset, address).await.unwrap().unwrap();
        link.url.split_once('#').unwrap().1.to_owned()
    } else {
        world.accounts.forgot_password(&world.stranger(), address).await.unwrap();
        link_token(&world.mail().await[0], "reset")
    };
    let form =
        ResetForm { token: token.as_str().into(), new_password: PASSWORD.into(), ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    world.count(PASSKEYS).await
}

/// Ana, whose address nobody has proven.
async fn unproven_with_passkey(pool: PgPool) -> (World, SignedIn) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    world.mail().await;
    (world, ana)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_link_that_an_operator_passed_on_leaves_second_factors_alone(pool: PgPool) {
    let (world, _) = unproven_with_passkey(pool).await;
    assert_eq!(left_by_reset(&world, true).await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_reset_leaves_an_admin_s_second_factors_alone(pool: PgPool) {
    let (world, ana) = unproven_with_passkey(pool).await;
    appoint(&world, ana.viewer.id).await;
    assert_eq!(left_by_reset(&world, false).await, 1);
}

/// Its owner has changed it by the API, and perhaps mistyped it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_new_address_s_mailbox_does_not_take_what_was_set_up_under_a_proven_one(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("before").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    let ctx = world.holder(&ana).await;
    let change = patch(serde_json::json!({ "email": "ana@example.com" }));
    world.accounts.change_me(&ctx, change).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM users WHERE NOT email_verified AND was_proven").await, 1);
    // Until then the address before takes the account back, and no mail goes to the new one.
    world.execute("DELETE FROM one_time_tokens").await;
    world.mail().await;
    assert_eq!(left_by_reset(&world, false).await, 1);
}

/// Whoever holds back a request's last byte dates nothing before what its owner was told meanwhile.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_added_late_is_not_dated_before_a_notice(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    world.clock.advance(Duration::minutes(5));
    let ctx = world.holder(&ana).await;
    let asked = world.accounts.passkey_add_options(&ctx).await.unwrap();
    world.mail().await;
    world.clock.advance(Duration::seconds(9));
    world.accounts.new_recovery_codes(&world.holder(&ana).await).await.unwrap();
    let mut key = authenticator();
    let late = new_passkey("Late", &key.create(ISSUER, &asked));
    world.accounts.add_passkey(&ctx, late).await.unwrap();
    let mail = world.mail().await;
    let notice = mail.iter().find(|mail| mail.subject.contains("recovery codes")).unwrap();
    let form = NotMeForm { token: link_token(notice, "not-me").into(), ..NotMeForm::default() };
    world.accounts.disown(&world.stranger(), form).await.unwrap();
    assert_eq!(world.count(PASSKEYS).await, 1);
    let refused = world.sign_in_with(&mut key).await;
    assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_export_tells_of_passkeys_and_keeps_their_keys(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut authenticator()).await;
    let mut export = world.accounts.export(&world.holder(&ana).await).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = export.next_piece().await.unwrap() {
        text.push_str(&piece);
    }
    let export: serde_json::Value = serde_json::from_str(&text).unwrap();
    let passkey = &export["passkeys"][0];
    assert_eq!((&passkey["name"], &passkey["backed_up"]), (&"Phone".into(), &false.into()));
    let names: Vec<_> = passkey.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["aaguid", "added_at", "backed_up", "last_used_at", "name"]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn used_challenges_stay_a_day_longer_than_they_could_be_answered(pool: PgPool) {
    let world = World::new(pool);
    let mut key = with_passkey(&world).await;
    world.sign_in_with(&mut key).await.unwrap();
    let used = "SELECT count(*) FROM used_challenges";
    assert_eq!(world.count(used).await, 1);
    world.clock.advance(Duration::DAY);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(used).await, 1);
    world.clock.advance(Duration::minutes(6));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!((world.count(used).await, world.count(PASSKEYS).await), (0, 1));
    let ana = world.begin_sign_in("ana").await;
    assert!(!ana.methods.is_empty());
    world.execute("DELETE FROM users").await;
    for table in ["passkeys", "passkey_owners"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.pool).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}
