//! Somebody knows the password and guesses at the second factor: the owner is told, and the guesses end.

use accounts::{Error, RequestCtx};
use domain::{FactorForm, PasswordForm};
use sqlx::PgPool;
use testkit::passkey::{KeyKind, SoftAuthenticator};
use testkit::{Authenticator, World, factor_form};
use time::Duration;

const MISSED: &str = "Someone may know the password of your Doorstep account";

async fn with_app(world: &World) -> Authenticator {
    let mut ana = world.member("ana").await;
    let app = world.set_up_totp(&mut ana).await;
    world.mail().await;
    app
}

async fn missed(world: &World) -> usize {
    world.mail().await.iter().filter(|mail| mail.subject == MISSED).count()
}

async fn wrong(world: &World, ctx: &RequestCtx) -> Result<(), Error> {
    let waiting = world.begin_sign_in("ana").await.challenge.reveal();
    world.accounts.sign_in_by_factor(ctx, &waiting, factor_form("totp", "000000")).await.map(drop)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_owner_hears_of_a_right_password_whose_second_step_was_not_passed(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    // Whoever mistypes and then gets it right hears nothing.
    let client = world.stranger();
    let form = testkit::sign_in("ana@example.com", testkit::PASSWORD);
    let waiting = testkit::pending(world.accounts.sign_in(&client, form).await).challenge.reveal();
    world.accounts.sign_in_by_factor(&client, &waiting, factor_form("totp", "000000")).await.unwrap_err();
    world.accounts.sign_in_by_factor(&client, &waiting, app.form(client.now)).await.unwrap();
    world.clock.advance(Duration::hours(1));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 0);

    // Who does not, is told of once.
    wrong(&world, &world.stranger()).await.unwrap_err();
    world.clock.advance(Duration::minutes(5));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    let mail = world.mail().await;
    let told: Vec<_> = mail.iter().filter(|mail| mail.subject == MISSED).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("somebody else knows your password"), "{}", told[0].text);
    // The next within the hour waits, and is not forgotten.
    wrong(&world, &world.stranger()).await.unwrap_err();
    world.clock.advance(Duration::minutes(5));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 0);
    world.clock.advance(Duration::hours(1));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 1);

    // Also where no code was tried, once the sign-in has ended; by who began it, not by the job that looks.
    world.clock.advance(Duration::hours(1));
    world.begin_sign_in("ana").await;
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 0, "it still waits");
    world.clock.advance(Duration::minutes(5));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    let mail = world.mail().await;
    let told = mail.iter().find(|mail| mail.subject == MISSED).unwrap();
    assert!(!told.text.contains("command line"), "{}", told.text);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 0);
    assert_eq!(world.count("SELECT count(*) FROM pending_sign_ins").await, 0);

    // One that was passed is none, nor is what the same client left before.
    world.clock.advance(Duration::hours(1));
    let mut client = world.stranger();
    let begin = async |client: &RequestCtx| {
        let form = testkit::sign_in("ana@example.com", testkit::PASSWORD);
        testkit::pending(world.accounts.sign_in(client, form).await).challenge.reveal()
    };
    begin(&client).await;
    world.clock.advance(Duration::MINUTE);
    client.now = world.accounts.now();
    let waiting = begin(&client).await;
    world.accounts.sign_in_by_factor(&client, &waiting, app.form(client.now)).await.unwrap();
    world.clock.advance(Duration::hours(1));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 0);
}

/// By the clock of their use, and not of the job that looks; and the trail keeps what a mail leaves out.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_client_that_missed_the_second_step_is_named_with_its_time(pool: PgPool) {
    let world = World::new(pool);
    with_app(&world).await;
    world.execute("DELETE FROM audit_events").await;
    let begin = async |address: &str| {
        let mut client = world.stranger();
        client.client.address = address.parse().unwrap();
        let form = testkit::sign_in("ana@example.com", testkit::PASSWORD);
        testkit::pending(world.accounts.sign_in(&client, form).await);
        world.clock.advance(Duration::minutes(2));
    };
    let first = world.accounts.now();
    for address in ["192.0.2.7", "198.51.100.9", "198.51.100.9", "192.0.2.7"] {
        begin(address).await;
    }
    world.clock.advance(Duration::minutes(30));
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    let mail = world.mail().await;
    let told = mail.iter().find(|mail| mail.subject == MISSED).unwrap();
    for minutes in [0, 2] {
        let at = first + Duration::minutes(minutes);
        let at = format!("{:02}:{:02} UTC", at.hour(), at.minute());
        assert_eq!(told.text.matches(&at).count(), 1, "{at}: {}", told.text);
    }
    for address in ["192.0.2.7", "198.51.100.9"] {
        assert_eq!(told.text.matches(address).count(), 1, "{}", told.text);
    }
    let recorded = "SELECT count(*) FROM audit_events e JOIN audit_details d ON d.event_id = e.id
                    WHERE e.kind = 'second_step_missed' AND e.result = 'refused' AND e.subject_id IS NOT NULL
                      AND d.address = '198.51.100.9' AND d.detail ? 'begun_at'";
    assert_eq!(world.count(recorded).await, 2);
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'second_step_missed'").await, 4);
}

/// Pressing "Start again" hides nothing.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_starts_again_is_told_of_too(pool: PgPool) {
    let world = World::new(pool);
    with_app(&world).await;
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    world.accounts.end_pending_sign_in(&ctx, &waiting).await.unwrap();
    assert_eq!(world.accounts.pending_sign_in(&ctx, &waiting).await.unwrap(), None);
    world.accounts.sweep(world.accounts.now()).await.unwrap();
    assert_eq!(missed(&world).await, 1);
}

/// Whatever the owner does meanwhile ends the sign-in, and hides nothing.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_owner_who_acts_within_the_hour_is_told_all_the_same(pool: PgPool) {
    const RECORDED: &str = "SELECT count(*) FROM audit_events WHERE kind = 'second_step_missed'";
    let world = World::new(pool);
    let deeds = [("ana", "others"), ("ben", "a passkey"), ("cat", "turn it off"), ("dan", "password")];
    for (round, (name, deed)) in deeds.into_iter().enumerate() {
        let mut owner = world.member(name).await;
        let app = world.set_up_totp(&mut owner).await;
        let ctx = world.holder(&owner).await;
        let waiting = world.begin_sign_in(name).await.challenge.reveal();
        world.clock.advance(Duration::MINUTE);
        let accounts = &world.accounts;
        match deed {
            "others" => _ = accounts.end_my_other_sessions(&ctx).await.unwrap(),
            "a passkey" => {
                _ = world.add_passkey(&mut owner, &mut SoftAuthenticator::new(KeyKind::EdDsa)).await;
            }
            "turn it off" => accounts.remove_totp(&ctx, FactorForm {}).await.unwrap(),
            _ => {
                let new_password = "copper lanterns over water".into();
                let form = PasswordForm { current_password: testkit::PASSWORD.into(), new_password };
                accounts.change_password(&ctx, form).await.unwrap();
            }
        }
        let stranger = world.stranger();
        let late = accounts.sign_in_by_factor(&stranger, &waiting, app.form(stranger.now)).await;
        assert!(matches!(late, Err(Error::ChallengeInvalid)), "{deed}: {late:?}");
        accounts.sweep(accounts.now()).await.unwrap();
        let told = usize::from(deed != "password");
        assert_eq!(
            missed(&world).await,
            told,
            "{deed}: a password that is another one is nobody's to worry about"
        );
        assert_eq!(world.count(RECORDED).await, i64::try_from(round).unwrap() + 1, "{deed}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn after_a_hundred_wrong_codes_in_a_row_none_counts_for_a_day(pool: PgPool) {
    let world = World::new(pool);
    let app = with_app(&world).await;
    for round in 0..20 {
        // As the limits of the account, of the name and of a sign-in let them.
        world.clock.advance(Duration::minutes(31));
        let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
        for guess in 0..5 {
            let answer =
                world.accounts.sign_in_by_factor(&ctx, &waiting, factor_form("totp", "000000")).await;
            assert!(matches!(answer, Err(Error::FactorRefused)), "{round} {guess}: {answer:?}");
        }
    }
    world.clock.advance(Duration::minutes(31));
    let sign_in = async || {
        let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
        world.accounts.sign_in_by_factor(&ctx, &waiting, app.form(ctx.now)).await
    };
    let answer = sign_in().await;
    assert!(matches!(answer, Err(Error::TooManyTries { wait }) if wait > Duration::hours(23)), "{answer:?}");
    world.clock.advance(Duration::minutes(7));
    let (waiting, ctx) = (world.begin_sign_in("ana").await.challenge.reveal(), world.stranger());
    let form = factor_form("recovery_code", &app.recovery_codes[0]);
    let owner = world.accounts.sign_in_by_factor(&ctx, &waiting, form).await.unwrap();
    world.clock.advance(Duration::minutes(7));
    let mut known = world.stranger();
    known.client.device = owner.device;
    let form = testkit::sign_in("ana@example.com", testkit::PASSWORD);
    let waiting = testkit::pending(world.accounts.sign_in(&known, form).await).challenge.reveal();
    world.accounts.sign_in_by_factor(&known, &waiting, app.form(known.now)).await.unwrap();
    world.clock.advance(Duration::DAY);
    sign_in().await.unwrap();
    // A right one ends the row.
    world.clock.advance(Duration::minutes(7));
    wrong(&world, &world.stranger()).await.unwrap_err();
    world.clock.advance(Duration::minutes(7));
    sign_in().await.unwrap();
}
