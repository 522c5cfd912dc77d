//! What an owner is told, at the address that the account had before.

use crate::crew::{admin, admin_patch, again};
use accounts::{Message, RequestCtx, SignedIn};
use domain::{AddressForm, PasswordForm, ResetForm};
use serde_json::json;
use sqlx::PgPool;
use testkit::{PASSWORD, World, link_token, registration, sign_in};
use time::Duration;

const NEW: &str = "copper lanterns over water";
const PROVE: &str = "UPDATE users SET email_verified = true";

async fn with_ana(pool: PgPool) -> (World, SignedIn) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.mail().await;
    (world, ana)
}

async fn only(world: &World) -> Message {
    let mut mails = world.mail().await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.clone()).collect();
    assert_eq!(mails.len(), 1, "{subjects:?}");
    mails.remove(0)
}

fn can_be_undone(mail: &Message) -> bool {
    assert_eq!(mail.text.contains("/not-me#"), mail.html.contains("/not-me#"));
    mail.text.contains("/not-me#")
}

fn change() -> PasswordForm {
    PasswordForm { current_password: PASSWORD.into(), new_password: NEW.into() }
}

/// The link that takes the account back goes only where somebody has shown that the mailbox is theirs.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_changed_password_is_told_with_a_link_to_a_proven_address_alone(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let changed = world.accounts.change_password(&world.holder(&ana).await, change()).await.unwrap();
    let mail = only(&world).await;
    assert_eq!((mail.to.as_str(), can_be_undone(&mail)), ("ana@example.com", false));
    world.execute(PROVE).await;
    let form = PasswordForm { current_password: NEW.into(), new_password: PASSWORD.into() };
    world.accounts.change_password(&world.browser(&changed.token.unwrap()).await, form).await.unwrap();
    assert!(can_be_undone(&only(&world).await));
}

/// The reset's own mail has proven the address, but not before.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_reset_is_told_by_what_was_proven_before(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    for expected in [false, true] {
        let asked = AddressForm { email: "ana@example.com".into() };
        world.accounts.forgot_password(&world.stranger(), asked).await.unwrap();
        let token = link_token(&only(&world).await, "reset");
        let form = ResetForm { token: token.into(), new_password: NEW.into(), ..ResetForm::default() };
        world.accounts.reset_password(&world.stranger(), form).await.unwrap();
        assert_eq!(can_be_undone(&only(&world).await), expected);
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_sign_in_that_makes_a_device_known_is_told_once_an_hour(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    world.execute(PROVE).await;
    let there = again(&world, "ana").await;
    let mail = only(&world).await;
    assert!(can_be_undone(&mail));
    again(&world, "ana").await;
    assert!(world.mail().await.is_empty(), "once an hour");
    world.clock.advance(Duration::hours(1));
    let known = world.stranger();
    let known =
        RequestCtx { client: accounts::Client { device: there.device, ..known.client.clone() }, ..known };
    world.accounts.sign_in(&known, sign_in("ana@example.com", PASSWORD)).await.unwrap();
    assert!(world.mail().await.is_empty(), "a known device");
    let form = sign_in("ana@example.com", PASSWORD);
    world.accounts.sign_in_known_bearer(&world.stranger(), form).await.unwrap();
    assert_eq!(only(&world).await.subject, mail.subject);
}

/// A program that keeps no device token may sign in every minute: it is news once. Whoever signs in from elsewhere, or by
/// another program, is.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_program_is_told_of_unless_it_has_been_there_before(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    world.execute(PROVE).await;
    let (home, form) = (world.stranger().client, || sign_in("ana@example.com", PASSWORD));
    let there = |client: &accounts::Client| RequestCtx { client: client.clone(), ..world.stranger() };
    world.accounts.sign_in_bearer(&there(&home), form()).await.unwrap();
    let mail = only(&world).await;
    assert!(mail.text.contains(&home.address.to_string()) && can_be_undone(&mail), "{}", mail.text);
    for _ in 0..3 {
        world.clock.advance(Duration::minutes(40));
        world.accounts.sign_in_bearer(&there(&home), form()).await.unwrap();
        assert!(world.mail().await.is_empty(), "the same program");
    }
    world.program("ana").await;
    assert_eq!(only(&world).await.subject, mail.subject, "from elsewhere, however often the other one came");
    world.clock.advance(Duration::hours(1));
    let other = accounts::Client { agent: "curl/8.0".to_owned(), ..home.clone() };
    world.accounts.sign_in_bearer(&there(&other), form()).await.unwrap();
    assert!(only(&world).await.text.contains("curl"));
    world.clock.advance(Duration::hours(1));
    world.accounts.change_password(&world.holder(&ana).await, change()).await.unwrap();
    only(&world).await;
    world.accounts.sign_in_bearer(&there(&home), sign_in("ana@example.com", NEW)).await.unwrap();
    assert_eq!(only(&world).await.subject, mail.subject, "a change of password has forgotten it");
}

/// A job signs in every night and out again: it is no news, so whoever else signs in within the hour is told of.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_routine_program_hides_nobody(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    world.execute(PROVE).await;
    let (client, form) = (world.stranger().client, || sign_in("ana@example.com", PASSWORD));
    for told in [1, 0, 0] {
        let night = RequestCtx { client: client.clone(), ..world.stranger() };
        let pair = world.accounts.sign_in_bearer(&night, form()).await.unwrap();
        world.accounts.sign_out(&world.bearer(&pair).await).await.unwrap();
        assert_eq!(world.mail().await.len(), told, "a job with tokens");
        world.clock.advance(Duration::DAY);
    }
    for told in [1, 0, 0] {
        let night = RequestCtx { client: client.clone(), ..world.stranger() };
        world.accounts.sign_in_api_cookie(&night, form()).await.unwrap();
        world.execute("UPDATE sessions SET ended_at = now()").await;
        assert_eq!(world.mail().await.len(), told, "a job with cookies that it does not keep");
        world.clock.advance(Duration::DAY);
    }
    let night = RequestCtx { client: client.clone(), ..world.stranger() };
    world.accounts.sign_in_bearer(&night, form()).await.unwrap();
    let thief = world.stranger();
    world.accounts.sign_in_bearer(&thief, form()).await.unwrap();
    assert!(only(&world).await.text.contains(&thief.client.address.to_string()));
}

/// Pages are for browsers: in an office, many have one address and the same agent.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_browser_is_known_by_its_token_alone(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    let client = world.stranger().client;
    for _ in 0..2 {
        let ctx = RequestCtx { client: client.clone(), ..world.stranger() };
        world.accounts.sign_in(&ctx, sign_in("ana@example.com", PASSWORD)).await.unwrap();
        only(&world).await;
        world.clock.advance(Duration::hours(1));
    }
}

/// A program that has changed the password is known still.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_program_that_changed_the_password_is_no_news(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    let client = world.stranger().client;
    let here = |ctx: RequestCtx| RequestCtx { client: client.clone(), ..ctx };
    let form = |password| sign_in("ana@example.com", password);
    let pair = world.accounts.sign_in_bearer(&here(world.stranger()), form(PASSWORD)).await.unwrap();
    world.accounts.change_password(&here(world.bearer(&pair).await), change()).await.unwrap();
    world.mail().await;
    world.clock.advance(Duration::hours(1));
    world.accounts.sign_in_bearer(&here(world.stranger()), form(NEW)).await.unwrap();
    assert!(world.mail().await.is_empty());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn signing_up_is_no_new_device(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    let told = "SELECT count(*) FROM outbox WHERE kind = 'new device'";
    assert_eq!(world.count(told).await, 0);
    again(&world, "ana").await;
    assert_eq!(world.count(told).await, 1);
}

/// Programs sign up and then in, two calls; whoever was never here and comes later is told of.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_first_sign_in_after_a_sign_up_is_no_news(pool: PgPool) {
    let world = World::new(pool);
    for (name, minutes, told) in [("ana", 10, 0), ("bob", 11, 1)] {
        world.accounts.register(&world.stranger(), registration(name)).await.unwrap();
        world.mail().await;
        world.clock.advance(Duration::minutes(minutes));
        world.program(name).await;
        assert_eq!(world.mail().await.len(), told, "{name}");
    }
}

/// Whether the first session is still open or not.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_second_sign_in_after_a_sign_up_is_news(pool: PgPool) {
    let world = World::new(pool);
    world.accounts.register(&world.stranger(), registration("ana")).await.unwrap();
    world.program("ana").await;
    world.execute("UPDATE sessions SET ended_at = now()").await;
    world.mail().await;
    world.program("ana").await;
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind = 'new device'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_token_with_two_holders_is_told_once_an_hour(pool: PgPool) {
    let (world, _) = with_ana(pool).await;
    world.execute(PROVE).await;
    for expected in [1, 0] {
        let first = world.program("ana").await;
        world.mail().await;
        world.accounts.refresh(&world.stranger(), &first.refresh_token).await.unwrap();
        world.clock.advance(Duration::seconds(11));
        assert!(world.accounts.refresh(&world.stranger(), &first.refresh_token).await.is_err());
        let mails = world.mail().await;
        assert_eq!(mails.len(), expected);
        assert!(mails.iter().all(can_be_undone));
    }
    let replays = "SELECT count(*) FROM audit_events WHERE kind = 'refresh_token_replayed'";
    assert_eq!(world.count(replays).await, 2, "the trail has both");
}

/// Whoever was disabled by an admin cannot undo that, and hears of it where the account was.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_disabled_account_is_told_without_a_way_back(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    let ada = admin(&world, "ada").await;
    world.execute(PROVE).await;
    world.mail().await;
    let disabled = admin_patch(json!({"is_active": false}));
    world.accounts.change_user(&world.holder(&ada).await, ana.viewer.id, disabled).await.unwrap();
    let mail = only(&world).await;
    assert_eq!((mail.to.as_str(), can_be_undone(&mail)), ("ana@example.com", false));
    assert_eq!(world.count("SELECT count(*) FROM one_time_tokens WHERE purpose = 'not-me'").await, 0);
}

/// A notice is part of its event: either both happen or none does.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_event_that_cannot_be_told_does_not_happen(pool: PgPool) {
    let (world, ana) = with_ana(pool).await;
    world.execute("ALTER TABLE outbox ADD CONSTRAINT shut CHECK (false) NOT VALID").await;
    assert!(world.accounts.change_password(&world.holder(&ana).await, change()).await.is_err());
    assert!(world.holder(&ana).await.member().is_ok());
    world.execute("ALTER TABLE outbox DROP CONSTRAINT shut").await;
    let old = world.accounts.sign_in_bearer(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await;
    assert!(old.is_ok(), "the password is the old one");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn without_mail_events_happen_untold(pool: PgPool) {
    let world = World::with(pool, |settings| settings.mail.enabled = false);
    let ana = world.member("ana").await;
    world.accounts.change_password(&world.holder(&ana).await, change()).await.unwrap();
    assert_eq!(world.count("SELECT count(*) FROM outbox").await, 0);
}
