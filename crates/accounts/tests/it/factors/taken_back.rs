//! "This wasn't me" after second factors were removed: what comes back, what stays away, and which first one of all stays.

use super::replaced::{again_by, by_link, choose, opens, replace, turn_off};
use crate::crew::{again, kinds, patch};
use accounts::{Error, Message, SignedIn};
use domain::{AddressForm, EmailForm, PasskeyRemoveForm, ResetForm, VerifyForm};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator, passkey_factor};
use testkit::{Authenticator, ISSUER, PASSWORD, World, factor_form, link_token, sign_in};
use time::Duration;

const KEPT: &str = "SELECT (SELECT count(*) FROM replaced_totp) + (SELECT count(*) FROM removed_passkeys)";

fn authenticator() -> SoftAuthenticator {
    SoftAuthenticator::new(KeyKind::EdDsa)
}

/// Ana, whose address is proven, has had an app for a month, and is signed in.
async fn with_app(world: &World) -> (SignedIn, Authenticator) {
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    let own = world.set_up_totp(&mut ana).await;
    world.clock.advance(Duration::days(30));
    let ana = again_by(world, &own).await;
    world.mail().await;
    (ana, own)
}

pub(super) async fn told(world: &World, subject: &str) -> Message {
    let mail = world.mail().await;
    mail.into_iter().rfind(|mail| mail.subject.contains(subject)).unwrap()
}

async fn is_set_up_lately(world: &World) -> bool {
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    world.accounts.pending_sign_in(&world.stranger(), &waiting).await.unwrap().unwrap().set_up_lately
}

async fn remove_passkey(world: &World, ana: &SignedIn, nth: usize) {
    let ctx = world.holder(ana).await;
    let id = world.accounts.factors(&ctx).await.unwrap().passkeys[nth].id;
    world.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id }).await.unwrap();
    world.clock.advance(Duration::MINUTE);
}

/// Whoever reads the mailbox, once an owner has turned the app off and set another one up.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_link_leaves_one_step_of_two_after_the_app_was_turned_off_and_on(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, own) = with_app(&world).await;
    turn_off(&world, &ana).await;
    let off = told(&world, "second step was removed").await;
    let other = world.set_up_totp(&mut ana).await;
    world.clock.advance(Duration::MINUTE);
    choose(&world, by_link(&off)).await;
    assert!(matches!(opens(&world, &other).await, Err(Error::FactorRefused)));
    world.clock.advance(Duration::MINUTE);
    opens(&world, &own).await.unwrap();
    assert_eq!(world.count(KEPT).await, 0);
    assert_eq!(kinds(&world).await.iter().filter(|kind| *kind == "factor_restored").count(), 1);
}

/// An owner has turned the app off, wiped the phone and set another one up; then somebody presses an older mail. The paper of
/// before opens what came back.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn recovery_codes_come_back_with_what_they_are_for(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, own) = with_app(&world).await;
    turn_off(&world, &ana).await;
    let off = told(&world, "second step was removed").await;
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 0);
    let by_code = async |app: &Authenticator, nth: usize| {
        let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
        let form = factor_form("recovery_code", &app.recovery_codes[nth]);
        world.accounts.sign_in_by_factor(&ctx, &waiting, form).await.map(drop)
    };
    let other = world.set_up_totp(&mut ana).await;
    assert!(matches!(by_code(&own, 0).await, Err(Error::FactorRefused)), "not those of before");
    world.clock.advance(Duration::MINUTE);
    choose(&world, by_link(&off)).await;
    let recovered = told(&world, "was taken back").await;
    assert!(recovered.text.contains("are asked for again"), "{}", recovered.text);
    assert!(matches!(by_code(&other, 0).await, Err(Error::FactorRefused)));
    assert!(!is_set_up_lately(&world).await);
    by_code(&own, 0).await.unwrap();
    assert!(matches!(by_code(&own, 0).await, Err(Error::FactorRefused)), "once");
    assert_eq!(world.count("SELECT count(*) FROM recovery_codes").await, 9);
    assert_eq!(world.count("SELECT count(*) FROM removed_recovery_codes").await, 0);
}

/// A thief in a session who has turned it off, and no more.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_app_that_was_only_turned_off_comes_back(pool: PgPool) {
    let world = World::new(pool);
    let (ana, own) = with_app(&world).await;
    turn_off(&world, &ana).await;
    again(&world, "ana").await;
    choose(&world, by_link(&told(&world, "second step was removed").await)).await;
    opens(&world, &own).await.unwrap();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_passkey_that_was_swapped_comes_back_and_opens_nothing_alone(pool: PgPool) {
    let world = World::new(pool);
    let (mut own, mut new) = (authenticator(), authenticator());
    let mut ana = world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.add_passkey(&mut ana, &mut own).await;
    world.clock.advance(Duration::days(30));
    let mut ana = world.sign_in_with(&mut own).await.unwrap();
    world.mail().await;
    world.add_passkey(&mut ana, &mut new).await;
    let added = told(&world, "passkey was added").await;
    remove_passkey(&world, &ana, 0).await;
    choose(&world, by_link(&added)).await;
    for key in [&mut own, &mut new] {
        let refused = world.sign_in_with(key).await;
        assert!(matches!(refused, Err(Error::PasskeyRefused)), "{refused:?}");
    }
    let (ctx, challenge) = (world.stranger(), world.begin_sign_in("ana").await.challenge.reveal());
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    let form = passkey_factor(&own.get(ISSUER, &options));
    world.accounts.sign_in_by_factor(&ctx, &challenge, form).await.unwrap();
}

/// A phone was stolen, with the mailbox on it: its passkey is removed for good while another second factor is left.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_removed_stays_away_while_a_second_factor_of_before_is_left(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, own) = with_app(&world).await;
    let mut phone = authenticator();
    world.add_passkey(&mut ana, &mut phone).await;
    world.clock.advance(Duration::days(8));
    let ana = world.sign_in_with(&mut phone).await.unwrap();
    world.mail().await;
    remove_passkey(&world, &ana, 0).await;
    choose(&world, by_link(&told(&world, "passkey was removed").await)).await;
    assert_eq!(world.count("SELECT count(*) FROM passkeys").await, 0);
    assert_eq!(world.count(KEPT).await, 0);
    opens(&world, &own).await.unwrap();
}

/// A thief who has moved the address hears alone of what is set up then: the notice of the move takes it, the first of all
/// too.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_set_up_once_the_address_was_moved_goes_by_the_notice_of_the_move(pool: PgPool) {
    const FACTORS: &str = "SELECT (SELECT count(*) FROM totp) + (SELECT count(*) FROM passkeys)";
    let world = World::new(pool);
    world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    for (by_page, by_app) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut thief = again(&world, "ana").await;
        world.mail().await;
        let ctx = world.holder(&thief).await;
        let mut mails = Vec::new();
        if by_page {
            let form = EmailForm { email: "thief@example.net".to_owned(), password: PASSWORD.into() };
            world.accounts.change_email(&ctx, form).await.unwrap();
            mails = world.mail().await;
            let token = link_token(mails.iter().find(|mail| mail.to != "ana@example.com").unwrap(), "verify");
            let form = VerifyForm { token: token.into(), ..VerifyForm::default() };
            world.accounts.verify_email(&ctx, form).await.unwrap();
        } else {
            let moved = patch(serde_json::json!({"email": "thief@example.net"}));
            world.accounts.change_me(&ctx, moved).await.unwrap();
        }
        mails.extend(world.mail().await);
        world.clock.advance(Duration::MINUTE);
        if by_app {
            world.set_up_totp(&mut thief).await;
        } else {
            world.add_passkey(&mut thief, &mut authenticator()).await;
        }
        world.clock.advance(Duration::MINUTE);
        assert_eq!(world.count(FACTORS).await, 1);
        choose(&world, by_link(mails.iter().rfind(|mail| mail.to == "ana@example.com").unwrap())).await;
        assert_eq!(world.count(FACTORS).await, 0, "by page: {by_page}, an app: {by_app}");
        again(&world, "ana").await;
        world.clock.advance(Duration::HOUR);
    }
}

/// A phone was the first second factor of all; it was stolen, with the mailbox on it, and another one is left.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_old_link_brings_no_removed_passkey_back_beside_another(pool: PgPool) {
    let world = World::new(pool);
    let (mut phone, mut left) = (authenticator(), authenticator());
    world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.clock.advance(Duration::HOUR);
    let mut ana = again(&world, "ana").await;
    let device = told(&world, "New sign-in").await;
    for key in [&mut phone, &mut left] {
        world.clock.advance(Duration::MINUTE);
        world.add_passkey(&mut ana, key).await;
    }
    let own_notice = told(&world, "passkey was added").await;
    world.clock.advance(Duration::MINUTE);
    remove_passkey(&world, &ana, 0).await;
    choose(&world, by_link(&device)).await;
    assert_eq!(world.count("SELECT count(*) FROM passkeys").await, 1);
    assert_eq!(world.count(KEPT).await, 0);
    let (ctx, challenge) = (world.stranger(), world.begin_sign_in("ana").await.challenge.reveal());
    let options = world.accounts.passkey_factor_options(&ctx, &challenge).await.unwrap();
    let form = passkey_factor(&left.get(ISSUER, &options));
    world.accounts.sign_in_by_factor(&ctx, &challenge, form).await.unwrap();
    choose(&world, by_link(&own_notice)).await;
    again(&world, "ana").await;
}

/// An old mail of a new sign-in, found later.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_first_second_factor_goes_by_no_link_that_is_older(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.clock.advance(Duration::HOUR);
    let mut ana = again(&world, "ana").await;
    let device = told(&world, "New sign-in").await;
    world.clock.advance(Duration::MINUTE);
    let first = world.set_up_totp(&mut ana).await;
    world.clock.advance(Duration::MINUTE);
    let second = replace(&world, &mut ana).await;
    let own_notice = told(&world, "was replaced").await;
    choose(&world, by_link(&device)).await;
    let recovered = told(&world, "was taken back").await;
    assert!(recovered.text.contains("second step that was set up lately"), "{}", recovered.text);
    assert!(is_set_up_lately(&world).await, "the page says so, too");
    assert!(matches!(opens(&world, &first).await, Err(Error::FactorRefused)), "it stays replaced");
    world.clock.advance(Duration::MINUTE);
    opens(&world, &second).await.unwrap();
    // Its own notice says that it was somebody else.
    choose(&world, by_link(&own_notice)).await;
    again(&world, "ana").await;
    let recovered = told(&world, "was taken back").await;
    assert!(!recovered.text.contains("second step that was set up"), "{}", recovered.text);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_removed_is_kept_for_a_week_and_never_too_much_of_it(pool: PgPool) {
    let world = World::new(pool);
    let (mut ana, _) = with_app(&world).await;
    let first: uuid::Uuid = sqlx::query_scalar("SELECT id FROM totp").fetch_one(&world.pool).await.unwrap();
    for _ in 0..2 {
        world.add_passkey(&mut ana, &mut authenticator()).await;
        remove_passkey(&world, &ana, 0).await;
        replace(&world, &mut ana).await;
    }
    for more in [
        "INSERT INTO replaced_totp (id, user_id, key_id, sealed, last_step, added_at, last_used_at, removed_at, expires_at)
         SELECT gen_random_uuid(), user_id, key_id, sealed, last_step, added_at + n * interval '1 hour', last_used_at,
                removed_at, expires_at FROM replaced_totp, generate_series(1, 20) AS n",
        "INSERT INTO removed_passkeys (id, user_id, credential_id, algorithm, public_key, counter, backup_eligible,
             backed_up, aaguid, transports, name, added_at, removed_at, expires_at)
         SELECT gen_random_uuid(), user_id, credential_id, algorithm, public_key, counter, backup_eligible,
                backed_up, aaguid, transports, name, added_at + n * interval '1 hour', removed_at, expires_at
         FROM removed_passkeys, generate_series(1, 20) AS n",
    ] {
        world.execute(more).await;
    }
    assert_eq!(world.count(KEPT).await, 84);
    world.add_passkey(&mut ana, &mut authenticator()).await;
    remove_passkey(&world, &ana, 0).await;
    replace(&world, &mut ana).await;
    assert_eq!(world.count(KEPT).await, 40);
    let kept: Vec<uuid::Uuid> =
        sqlx::query_scalar("SELECT id FROM replaced_totp").fetch_all(&world.pool).await.unwrap();
    assert!(kept.contains(&first), "the oldest are kept");
    turn_off(&world, &ana).await;
    world
        .execute(
            "INSERT INTO removed_recovery_codes (user_id, code_hash, made_at, removed_at, expires_at)
             SELECT DISTINCT user_id, n::text::bytea, made_at + n * interval '1 hour', removed_at, expires_at
             FROM removed_recovery_codes, generate_series(1, 300) AS n",
        )
        .await;
    let newest = world.set_up_totp(&mut ana).await;
    turn_off(&world, &ana).await;
    assert_eq!(world.count("SELECT count(*) FROM removed_recovery_codes").await, 200);
    assert_eq!(newest.recovery_codes.len(), 10);
    world.clock.advance(Duration::WEEK);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(world.count(KEPT).await, 0);
    assert_eq!(world.count("SELECT count(*) FROM removed_recovery_codes").await, 0);
}

/// Somebody who reads the mailbox has reset the password; so does its owner.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_reset_ends_the_links_of_resets_before(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    world.execute("UPDATE users SET email_verified = true").await;
    world.clock.advance(Duration::HOUR);
    again(&world, "ana").await;
    let device = told(&world, "New sign-in").await;
    let mut notices = Vec::new();
    for _ in 0..2 {
        world.clock.advance(Duration::MINUTE);
        let form = AddressForm { email: "ana@example.com".to_owned() };
        world.accounts.forgot_password(&world.stranger(), form).await.unwrap();
        let token = link_token(&told(&world, "Reset your password").await, "reset");
        let form = ResetForm { token: token.into(), new_password: PASSWORD.into(), ..ResetForm::default() };
        world.accounts.reset_password(&world.stranger(), form).await.unwrap();
        notices.push(told(&world, "was reset").await);
    }
    let refused = world.accounts.disown(&world.stranger(), by_link(&notices[0])).await;
    assert!(matches!(refused, Err(Error::LinkInvalid)), "{refused:?}");
    choose(&world, by_link(&device)).await;
    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
}
