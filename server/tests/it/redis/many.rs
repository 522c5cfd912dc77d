//! P14: many at once, over two servers that share Redis or do without it.

use crate::actors::Program;
use crate::app::App;
use accounts::{RedisSettings, Rng, Settings};
use serde_json::json;
use sqlx::PgPool;
use std::time::Duration;
use testkit::{SeededRng, Valkey, World};
use tokio::task::JoinSet;

const CALLS: usize = 500;
const LIMIT: u32 = 10;
/// How many wait for an answer when Redis is killed: were it all, Redis would have counted all before.
const AT_A_KILL: usize = 50;

/// A busy machine answers late, and that proves nothing here.
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

/// How many rounds are run; `P14_ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("P14_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// Two servers over one database, and one Redis if there is one, that limit this alone.
fn replicas(pool: &PgPool, valkey: Option<&Valkey>, what: What) -> [App; 2] {
    let redis = valkey
        .map(|valkey| RedisSettings { answer_within: LONG, ..RedisSettings::at("127.0.0.1", valkey.port()) });
    let settle = |settings: &mut Settings| {
        if let What::Calls = what {
            settings.rate_limit_per_minute = LIMIT;
        }
        settings.redis.clone_from(&redis);
    };
    let one = World::with(pool.clone(), settle);
    let accounts = World::replica(&one.pool, &one.clock, settle);
    let other = World { accounts, clock: one.clock.clone(), pool: one.pool.clone() };
    [one, other].map(|world| App::with(world, |state| state.request_timeout = LONG))
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

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_hundred_at_once_over_two_servers_are_ten_by_redis(pool: PgPool) {
    let valkey = Valkey::start();
    for what in BOTH {
        let apps = replicas(&pool, Some(&valkey), what);
        for _ in 0..rounds() {
            assert_eq!(admitted(&apps, what, CALLS, CALLS, || ()).await, LIMIT, "{what:?}");
        }
    }
}

/// The database counts mails for both, and each server calls for itself.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn five_hundred_at_once_over_two_servers_are_ten_by_the_database(pool: PgPool) {
    let apps = replicas(&pool, None, What::Mails);
    for _ in 0..rounds() {
        assert_eq!(admitted(&apps, What::Mails, CALLS, CALLS, || ()).await, LIMIT);
    }
}

/// What was admitted by Redis is not known to what counts after it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn while_redis_is_killed_five_hundred_at_once_are_twenty_at_most(pool: PgPool) {
    let mut valkey = Valkey::start();
    let (rng, mut all) = (SeededRng::default(), Vec::new());
    for what in BOTH {
        let apps = replicas(&pool, Some(&valkey), what);
        for _ in 0..rounds() {
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
