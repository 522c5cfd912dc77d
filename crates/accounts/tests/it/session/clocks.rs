//! P23: servers whose clocks differ agree.

use accounts::{Accounts, Clock, Error, RequestCtx, SystemClock};
use sqlx::PgPool;
use std::sync::Arc;
use testkit::{HandClock, PASSWORD, World, sign_in};
use time::Duration;

/// A server, and its own clock.
struct Replica {
    accounts: Accounts,
    clock: Arc<HandClock>,
}

impl Replica {
    async fn with_a_clock_ahead_by(world: &World, seconds: i64) -> Self {
        let clock = Arc::new(HandClock::at(world.clock.now() + Duration::seconds(seconds)));
        let accounts = World::replica(&world.pool, &clock, |_| ());
        accounts.measure_clock().await.unwrap();
        Self { accounts, clock }
    }

    /// Whether somebody who comes from elsewhere is admitted, or for how long they have to wait.
    async fn try_as(&self, world: &World, name: &str, password: &str) -> Result<(), Duration> {
        let ctx = RequestCtx { now: self.accounts.now(), ..world.stranger() };
        let form = sign_in(&format!("{name}@example.com"), password);
        match self.accounts.sign_in(&ctx, form).await {
            Ok(_) | Err(Error::WrongCredentials) => Ok(()),
            Err(Error::TooManyTries { wait }) => Err(wait),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn replicas_whose_clocks_differ_by_twenty_seconds_throttle_alike(pool: PgPool) {
    let world = World::new(pool);
    for seconds in [20, -20] {
        let one = Replica::with_a_clock_ahead_by(&world, seconds).await;
        let other = Replica::with_a_clock_ahead_by(&world, 0).await;
        let name = format!("somebody-{seconds}");
        // Once mistyped costs nobody a wait.
        for replica in [&one, &other, &one, &other] {
            replica.try_as(&world, &name, "mistyped").await.unwrap();
        }
        let mut wait = Duration::ZERO;
        for _ in 0..50 {
            if wait >= Duration::seconds(19) {
                break;
            }
            for clock in [&one.clock, &other.clock] {
                clock.advance(wait);
            }
            wait = one.try_as(&world, &name, "mistyped").await.err().unwrap_or_default();
        }
        let told = other.try_as(&world, &name, PASSWORD).await.unwrap_err();
        assert!((told - wait).abs() < Duration::seconds(10), "{seconds}: {wait} and {told}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn sessions_and_tokens_hold_on_replicas_whose_clocks_differ_by_twenty_seconds(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    for seconds in [20, -20] {
        let one = Replica::with_a_clock_ahead_by(&world, seconds).await;
        let other = Replica::with_a_clock_ahead_by(&world, 0).await;
        let here = |replica: &Replica| RequestCtx { now: replica.accounts.now(), ..world.stranger() };
        let form = || sign_in("ana@example.com", PASSWORD);
        let browser = one.accounts.sign_in(&here(&one), form()).await.unwrap();
        let now = other.accounts.now();
        assert!(other.accounts.authenticate(&browser.token.jwt, now).await.unwrap().is_some(), "{seconds}");
        let pair = one.accounts.sign_in_bearer(&here(&one), form()).await.unwrap();
        assert!(other.accounts.authenticate_bearer(&pair.access_token, now).await.unwrap().is_some());
        let renewed = other.accounts.refresh(&here(&other), &pair.refresh_token).await.unwrap();
        let renewed = one.accounts.refresh(&here(&one), &renewed.refresh_token).await.unwrap();
        assert!(other.accounts.authenticate_bearer(&renewed.access_token, now).await.unwrap().is_some());
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_whose_clock_is_far_off_is_not_ready(pool: PgPool) {
    for (seconds, ready) in [(0, true), (20, true), (-20, true), (40, false), (-40, false)] {
        let clock = Arc::new(HandClock::at(SystemClock.now() + Duration::seconds(seconds)));
        let accounts = World::replica(&pool, &clock, |_| ());
        accounts.ready().await.unwrap();
        accounts.measure_clock().await.unwrap();
        match accounts.ready().await {
            Ok(()) => assert!(ready, "{seconds}"),
            Err(error) => assert!(!ready && matches!(error, Error::ClockSkew), "{seconds}: {error}"),
        }
    }
}

/// P4: two tabs reach two servers.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_refresh_is_repeated_alike_on_replicas_whose_clocks_differ(pool: PgPool) {
    let world = World::new(pool);
    world.member("ana").await;
    for seconds in [20, -20] {
        let one = Replica::with_a_clock_ahead_by(&world, seconds).await;
        let other = Replica::with_a_clock_ahead_by(&world, 0).await;
        let here = |replica: &Replica| RequestCtx { now: replica.accounts.now(), ..world.stranger() };
        let form = sign_in("ana@example.com", PASSWORD);
        let first = one.accounts.sign_in_bearer(&here(&one), form).await.unwrap().refresh_token;
        let next = one.accounts.refresh(&here(&one), &first).await.unwrap().refresh_token;
        let same = other.accounts.refresh(&here(&other), &first).await.unwrap().refresh_token;
        assert_eq!(next, same, "{seconds}");
        for clock in [&one.clock, &other.clock] {
            clock.advance(Duration::seconds(11));
        }
        assert!(matches!(other.accounts.refresh(&here(&other), &first).await, Err(Error::InvalidToken)));
        assert!(
            matches!(one.accounts.refresh(&here(&one), &next).await, Err(Error::InvalidToken)),
            "{seconds}"
        );
    }
}
