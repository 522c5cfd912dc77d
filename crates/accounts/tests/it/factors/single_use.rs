//! Promise P26 over two servers: one code opens at most one session, and every try is counted.

use accounts::{Accounts, Error};
use domain::FactorSignInForm;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use testkit::{Authenticator, World, factor_form};
use time::Duration;
use tokio::task::JoinSet;

const AT_ONCE: u8 = 20;
const SESSIONS: &str = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";

/// As many sign-ins that wait as are tried at once, all like the one that is there.
async fn multiply(world: &World, round: u8) -> Vec<String> {
    use base64::Engine;
    let mut challenges = Vec::new();
    for n in 0..AT_ONCE {
        let mut token = [round; 32];
        token[0] = n;
        sqlx::query(
            "INSERT INTO pending_sign_ins (token_hash, user_id, kind, persistent, known, restores, next, factors,
                                           password_digest, forgives, tries, created_at, expires_at)
             SELECT $1, user_id, kind, persistent, known, restores, next, factors, password_digest, forgives, 0,
                    created_at, expires_at
             FROM pending_sign_ins ORDER BY expires_at DESC LIMIT 1",
        )
        .bind(Sha256::digest(token).to_vec())
        .execute(&world.pool)
        .await
        .unwrap();
        challenges.push(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token));
    }
    challenges
}

/// How many sessions were opened, and how many codes were looked at.
async fn at_once(
    world: &World,
    servers: &[Accounts; 2],
    challenges: &[String],
    form: &FactorSignInForm,
) -> (usize, usize) {
    let mut tries = JoinSet::new();
    for (n, challenge) in challenges.iter().enumerate() {
        let (server, challenge, form, ctx) =
            (servers[n % 2].clone(), challenge.clone(), form.clone(), world.stranger());
        tries.spawn(async move {
            match server.sign_in_by_factor(&ctx, &challenge, form).await {
                Ok(_) => (1, 1),
                Err(Error::FactorRefused) => (0, 1),
                Err(Error::ChallengeInvalid | Error::TooManyTries { .. }) => (0, 0),
                other => panic!("{other:?}"),
            }
        });
    }
    tries.join_all().await.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

async fn rounds(pool: PgPool, rounds: u8) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    let mut app: Authenticator = world.set_up_totp(&mut ana).await;
    let servers = [world.accounts.clone(), World::replica(&world.pool, &world.clock, |_| ())];
    let mut opened = 0;
    for round in 0..rounds {
        // So that the account has all of its tries again.
        world.clock.advance(Duration::hours(1) + Duration::MINUTE);
        if app.recovery_codes.len() < 2 {
            let waiting = world.begin_sign_in("ana").await.challenge.reveal();
            let form = app.form(world.accounts.now());
            let again = world.accounts.sign_in_by_factor(&world.stranger(), &waiting, form).await.unwrap();
            let new = world.accounts.new_recovery_codes(&world.holder(&again).await).await.unwrap();
            app.recovery_codes = new.recovery_codes;
            world.clock.advance(Duration::hours(1) + Duration::MINUTE);
        }
        world.execute("UPDATE sessions SET ended_at = created_at").await;
        world.execute("DELETE FROM pending_sign_ins").await;
        let one = world.begin_sign_in("ana").await.challenge.reveal();
        let form = if round % 2 == 0 {
            app.form(world.accounts.now())
        } else {
            factor_form("recovery_code", &app.recovery_codes.pop().unwrap())
        };
        // In turns one sign-in that is tried at twenty times, and twenty sign-ins.
        let (challenges, most) = if round / 2 % 2 == 0 {
            (vec![one; usize::from(AT_ONCE)], 5)
        } else {
            (multiply(&world, round).await, 10)
        };
        let (sessions, looked_at) = at_once(&world, &servers, &challenges, &form).await;
        assert_eq!((sessions, world.count(SESSIONS).await), (1, 1), "round {round}");
        // Whoever comes after the one that got in finds nothing that waits.
        assert!((1..=most).contains(&looked_at), "round {round}: {looked_at}");
        let counted = world.count("SELECT coalesce(max(tries), 0)::bigint FROM pending_sign_ins").await;
        assert!(counted <= 5, "round {round}: {counted}");
        opened += sessions;
    }
    assert_eq!(opened, usize::from(rounds));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn one_code_at_once_opens_one_session(pool: PgPool) {
    Box::pin(rounds(pool, 12)).await;
}

/// The figure of promise P26.
#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "takes minutes"]
async fn one_code_at_once_opens_one_session_a_hundred_times(pool: PgPool) {
    Box::pin(rounds(pool, 200)).await;
}

/// Of twenty wrong codes at once five are looked at; ten, where they are tried at many sign-ins of one account.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn tries_are_counted_exactly_over_two_servers(pool: PgPool) {
    let world = World::new(pool);
    let mut ana = world.member("ana").await;
    world.set_up_totp(&mut ana).await;
    let servers = [world.accounts.clone(), World::replica(&world.pool, &world.clock, |_| ())];
    let wrong = factor_form("recovery_code", "AAAA-AAAA-AAAA-AAAA");
    for round in 0..10 {
        world.clock.advance(Duration::hours(1) + Duration::MINUTE);
        world.execute("DELETE FROM pending_sign_ins").await;
        world.execute("DELETE FROM throttle_failures").await;
        let one = world.begin_sign_in("ana").await.challenge.reveal();
        let one = vec![one; usize::from(AT_ONCE)];
        assert_eq!(at_once(&world, &servers, &one, &wrong).await, (0, 5), "round {round}");
        world.clock.advance(Duration::hours(1));
        world.execute("UPDATE pending_sign_ins SET expires_at = expires_at + interval '1 hour'").await;
        let many = multiply(&world, round).await;
        assert_eq!(at_once(&world, &servers, &many, &wrong).await, (0, 10), "round {round}");
    }
    let refused = "SELECT count(*) FROM audit_events WHERE kind = 'factor_refused'";
    assert_eq!(world.count(refused).await, 150);
}
