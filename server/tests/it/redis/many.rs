//! P14: many at once, over two servers that share Redis or do without it.

use crate::actors::Program;
use crate::app::App;
use accounts::{Accounts, RedisSettings, Rng};
use serde_json::json;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreOptions};
use testkit::{HandClock, SeededRng, Valkey, World};
use tokio::task::JoinSet;

const CALLS: usize = 500;
const LIMIT: u32 = 10;
/// How many wait for an answer when Redis is killed: were it all, Redis would have counted all before.
const AT_A_KILL: usize = 50;
/// How many rounds are run where nobody waits for them.
const MANY: usize = 50;

/// A busy machine answers late, and that proves nothing where nothing is killed.
const LONG: Duration = Duration::from_mins(5);

/// What is limited.
#[derive(Debug, Clone, Copy)]
enum What {
    /// Mails that an address asks for, which is a limit on guesses.
    Mails,
    /// Any calls.
    Calls,
}

const BOTH: [What; 2] = [What::Mails, What::Calls];

/// Redis with the times that ship.
fn as_shipped(valkey: &Valkey) -> RedisSettings {
    RedisSettings::at("127.0.0.1", valkey.port())
}

fn patient(valkey: &Valkey) -> RedisSettings {
    RedisSettings { answer_within: LONG, ..as_shipped(valkey) }
}

/// Two servers over one database, and one Redis if there is one, that limit this alone.
fn replicas(pool: &PgPool, redis: Option<&RedisSettings>, what: What) -> [App; 2] {
    let clock = Arc::default();
    [(); 2].map(|()| App::with(replica(pool, redis, what, &clock), |state| state.request_timeout = LONG))
}

/// Its connections are as many as ship. Whoever waits for one is last of five hundred.
fn replica(pool: &PgPool, redis: Option<&RedisSettings>, what: What, clock: &Arc<HandClock>) -> World {
    let options = StoreOptions {
        acquire_timeout: LONG,
        statement_timeout: LONG,
        idle_in_transaction: LONG,
        ..StoreOptions::new(pool.connect_options().as_ref().clone())
    };
    let mut settings = World::settings();
    if let What::Calls = what {
        settings.rate_limit_per_minute = LIMIT;
    }
    settings.redis = redis.cloned();
    let rng = Arc::new(SeededRng::default());
    let accounts = Accounts::new(Store::open(&options), settings, clock.clone(), rng).unwrap();
    World { accounts, clock: clock.clone(), pool: pool.clone() }
}

/// One of the calls, at every other server in turn. Says whether it was admitted; no other answer is given than that, and
/// too many.
async fn call(what: What, program: Program, n: usize) -> bool {
    let form = json!({ "email": format!("nobody-{n}@example.com") });
    let answer = match what {
        What::Mails => program.post("/api/v1/auth/password/forgot", form).await,
        What::Calls => program.get("/api/v1/users/me").await,
    };
    let admitted = matches!((what, answer.status.as_u16()), (What::Mails, 202) | (What::Calls, 401));
    if !admitted {
        assert_eq!(answer.expect(429).code(), "too_many_requests");
    }
    admitted
}

/// Sends all calls of an address, so many at once, and does something after some answers. Returns how many are admitted.
async fn admitted(apps: &[App; 2], what: What, at_once: usize, after: usize, then: impl FnOnce()) -> u32 {
    let (caller, mut answers) = (apps[0].program(), JoinSet::new());
    let mut rest = (0..CALLS).map(|n| call(what, caller.over(apps[n % 2].router()), n));
    for call in rest.by_ref().take(at_once) {
        answers.spawn(call);
    }
    let (mut admitted, mut count, mut then) = (0, 0, Some(then));
    while let Some(answer) = answers.join_next().await {
        admitted += u32::from(answer.unwrap());
        count += 1;
        if count == after
            && let Some(then) = then.take()
        {
            then();
        }
        if let Some(call) = rest.next() {
            answers.spawn(call);
        }
    }
    assert!(count == CALLS && then.is_none());
    admitted
}

async fn are_ten_by_redis(pool: &PgPool, rounds: usize) {
    let valkey = Valkey::start();
    for what in BOTH {
        let apps = replicas(pool, Some(&patient(&valkey)), what);
        for _ in 0..rounds {
            assert_eq!(admitted(&apps, what, CALLS, CALLS, || ()).await, LIMIT, "{what:?}");
        }
    }
}

/// The database counts mails for both, and each server calls for itself.
async fn are_ten_by_the_database(pool: &PgPool, rounds: usize) {
    let apps = replicas(pool, None, What::Mails);
    for _ in 0..rounds {
        assert_eq!(admitted(&apps, What::Mails, CALLS, CALLS, || ()).await, LIMIT);
    }
}

/// What was admitted by Redis is not known to what counts after it.
async fn are_twenty_at_most(pool: &PgPool, rounds: usize) {
    let mut valkey = Valkey::start();
    let (rng, mut all) = (SeededRng::default(), Vec::new());
    for what in BOTH {
        let apps = replicas(pool, Some(&as_shipped(&valkey)), what);
        for _ in 0..rounds {
            let mut moment = [0; 2];
            rng.fill(&mut moment);
            let after = 1 + usize::from(u16::from_be_bytes(moment)) % (CALLS - AT_A_KILL);
            all.push(admitted(&apps, what, AT_A_KILL, after, || valkey.kill()).await);
            valkey.restart();
            for app in &apps {
                app.state.accounts.probe_redis().await;
            }
        }
    }
    println!("killed in the middle: {all:?} admitted");
    assert!(all.iter().all(|admitted| (LIMIT..=2 * LIMIT).contains(admitted)), "{all:?}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_hundred_at_once_over_two_servers_are_ten_by_redis(pool: PgPool) {
    are_ten_by_redis(&pool, 3).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_hundred_at_once_over_two_servers_are_ten_by_the_database(pool: PgPool) {
    are_ten_by_the_database(&pool, 3).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_redis_is_killed_five_hundred_at_once_are_twenty_at_most(pool: PgPool) {
    are_twenty_at_most(&pool, 3).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "some minutes; `cargo nextest run --run-ignored only`"]
async fn fifty_times_five_hundred_at_once_are_ten_by_redis(pool: PgPool) {
    are_ten_by_redis(&pool, MANY).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "some minutes; `cargo nextest run --run-ignored only`"]
async fn fifty_times_five_hundred_at_once_are_ten_by_the_database(pool: PgPool) {
    are_ten_by_the_database(&pool, MANY).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "some minutes; `cargo nextest run --run-ignored only`"]
async fn fifty_times_redis_is_killed_and_five_hundred_at_once_are_twenty_at_most(pool: PgPool) {
    are_twenty_at_most(&pool, MANY).await;
}
