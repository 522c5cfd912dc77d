//! Redis fails in every known way under two real servers. Each time: guesses are counted in the database, the general
//! limit is a half for each server, nobody is refused who should not be, nothing answers 500, and it is used again by
//! itself.

use super::replicas::{LOST, Replicas, Reply, USED, somewhere};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::{Duration, Instant};
use testkit::{SlowWay, Valkey, ValkeyCluster};
use tokio::task::JoinSet;

/// The general limit of these tests.
const PER_MINUTE: u32 = 20;

/// How many calls are under way when Redis fails.
const IN_FLIGHT: usize = 50;

/// How Redis fails as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Killed,
    Stopped,
    Slow,
    Full,
    /// After a failover the old primary takes no writes.
    Reading,
}

/// A Redis that can fail, and the way there.
struct Cache {
    valkey: Valkey,
    way: SlowWay,
    other: Valkey,
}

impl Cache {
    fn start() -> Self {
        let valkey = Valkey::start();
        Self { way: SlowWay::to(&valkey), other: Valkey::start(), valkey }
    }

    fn fail(&mut self, fault: Fault) {
        match fault {
            Fault::Killed => self.valkey.kill(),
            Fault::Stopped => self.valkey.stop(),
            Fault::Slow => self.way.delay(Duration::from_secs(1)),
            Fault::Full => self.valkey.fill(),
            Fault::Reading => self.valkey.follow(&self.other),
        }
    }

    fn mend(&mut self, fault: Fault) {
        match fault {
            Fault::Killed => self.valkey.restart(),
            Fault::Stopped => self.valkey.go_on(),
            Fault::Slow => self.way.mend(),
            Fault::Full => self.valkey.make_room(),
            Fault::Reading => self.valkey.lead(),
        }
    }
}

/// What goes through of many calls, each of a new address.
#[derive(Debug)]
struct Admitted {
    /// Of 30 wishes for a mail, turn by turn.
    mails: u32,
    /// Of 30 calls at each server.
    calls: [u32; 2],
    /// How many more calls may have come back meanwhile.
    back: u32,
}

/// No other answer is given than that, and too many.
async fn admitted(replicas: &Replicas) -> Admitted {
    let (from, mut mails) = (somewhere(), 0);
    for n in 0..30 {
        match replicas.turn(n).ask_for_mail(&from).await {
            reply if reply.status == 202 => mails += 1,
            reply => drop(reply.expect(429)),
        }
    }
    let (from, mut calls, began) = (somewhere(), [0; 2], Instant::now());
    for n in 0..60 {
        match replicas.turn(n).me(&from, "").await {
            reply if reply.status == 401 => calls[n % 2] += 1,
            reply => drop(reply.expect(429)),
        }
    }
    let back = began.elapsed() * PER_MINUTE / 60;
    Admitted { mails, calls, back: 1 + u32::try_from(back.as_secs()).unwrap() }
}

/// Both limits hold over both servers together, since Redis counts.
async fn counted_by_redis(replicas: &Replicas) {
    let admitted = replicas.while_they_say(USED, async || admitted(replicas).await).await;
    let calls: u32 = admitted.calls.iter().sum();
    assert!(admitted.mails == 10, "{admitted:?}");
    assert!((PER_MINUTE..=PER_MINUTE + admitted.back).contains(&calls), "{admitted:?}");
}

/// Guesses over both servers together, since the database counts; calls by each server for itself.
async fn counted_without_redis(replicas: &Replicas) {
    let admitted = replicas.while_they_say(LOST, async || admitted(replicas).await).await;
    let half = PER_MINUTE / 2..=PER_MINUTE / 2 + admitted.back;
    assert!(admitted.mails == 10, "{admitted:?}");
    assert!(admitted.calls.iter().all(|calls| half.contains(calls)), "{admitted:?}");
}

/// Makes Redis fail while strangers call, each from an address of their own. All are answered as if nothing were.
async fn fails_under_calls(replicas: &Arc<Replicas>, fail: impl FnOnce()) {
    let call = |n: usize| {
        let replicas = replicas.clone();
        async move { replicas.turn(n).me(&somewhere(), "").await }
    };
    let (mut calls, mut waiting) = (JoinSet::new(), (0..4 * IN_FLIGHT).map(call));
    let mut answered = async |calls: &mut JoinSet<Reply>| {
        calls.join_next().await.unwrap().unwrap().expect(401);
        waiting.next().map(|call| calls.spawn(call));
    };
    for n in 0..IN_FLIGHT {
        calls.spawn(call(n));
    }
    for _ in 0..IN_FLIGHT {
        answered(&mut calls).await;
    }
    fail();
    while !calls.is_empty() {
        answered(&mut calls).await;
    }
}

/// One line a change.
fn told_each_change_once(replicas: &Replicas) {
    for told in replicas.told() {
        assert!(told.windows(2).all(|two| two[0] != two[1]), "{told:?}");
    }
}

async fn fails_and_is_used_again(pool: PgPool, fault: Fault) {
    let mut cache = Cache::start();
    let redis = if fault == Fault::Slow { cache.way.url() } else { cache.valkey.url() };
    let replicas = Arc::new(Replicas::start(&pool, &redis, PER_MINUTE).await);
    replicas.turn(0).sign_up(&somewhere(), "ana").await.expect(201);
    counted_by_redis(&replicas).await;

    fails_under_calls(&replicas, || cache.fail(fault)).await;
    for n in 0..2 {
        let token = replicas.turn(n).sign_in(&somewhere(), "ana").await.expect(200).access_token();
        replicas.turn(n + 1).me(&somewhere(), &token).await.expect(200);
    }
    counted_without_redis(&replicas).await;

    cache.mend(fault);
    let mended = Instant::now();
    replicas.say(USED).await;
    println!("{fault:?}: used again after {:?}", mended.elapsed());
    counted_by_redis(&replicas).await;
    replicas.turn(0).sign_in(&somewhere(), "ana").await.expect(200);
    told_each_change_once(&replicas);
}

#[sqlx::test(migrations = false)]
async fn redis_that_is_killed_is_done_without_and_used_again(pool: PgPool) {
    fails_and_is_used_again(pool, Fault::Killed).await;
}

#[sqlx::test(migrations = false)]
async fn redis_that_hangs_is_done_without_and_used_again(pool: PgPool) {
    fails_and_is_used_again(pool, Fault::Stopped).await;
}

#[sqlx::test(migrations = false)]
async fn redis_that_is_slow_is_done_without_and_used_again(pool: PgPool) {
    fails_and_is_used_again(pool, Fault::Slow).await;
}

#[sqlx::test(migrations = false)]
async fn redis_that_is_full_is_done_without_and_used_again(pool: PgPool) {
    fails_and_is_used_again(pool, Fault::Full).await;
}

#[sqlx::test(migrations = false)]
async fn redis_that_only_reads_is_done_without_and_used_again(pool: PgPool) {
    fails_and_is_used_again(pool, Fault::Reading).await;
}

#[sqlx::test(migrations = false)]
async fn servers_start_without_redis_and_say_so(pool: PgPool) {
    let mut valkey = Valkey::start();
    valkey.kill();
    let replicas = Replicas::start(&pool, &valkey.url(), PER_MINUTE).await;
    replicas.say(LOST).await;
    replicas.turn(0).sign_up(&somewhere(), "ana").await.expect(201);
    replicas.turn(1).sign_in(&somewhere(), "ana").await.expect(200);
    counted_without_redis(&replicas).await;
    valkey.restart();
    counted_by_redis(&replicas).await;
    told_each_change_once(&replicas);
}

/// It forgives limits and nothing else.
#[sqlx::test(migrations = false)]
async fn redis_that_is_flushed_forgives_limits_and_nothing_else(pool: PgPool) {
    let valkey = Valkey::start();
    let replicas = Replicas::start(&pool, &valkey.url(), PER_MINUTE).await;
    replicas.turn(0).sign_up(&somewhere(), "ana").await.expect(201);
    let token = replicas.turn(0).sign_in(&somewhere(), "ana").await.expect(200).access_token();
    let statuses = replicas.while_they_say(USED, async || {
        let (from, mut statuses) = (somewhere(), Vec::new());
        for n in 0..11 {
            statuses.push(replicas.turn(n).ask_for_mail(&from).await.status);
        }
        valkey.flush();
        statuses.push(replicas.turn(1).ask_for_mail(&from).await.status);
        statuses
    });
    assert_eq!(statuses.await, [vec![202; 10], vec![429, 202]].concat());
    replicas.turn(1).me(&somewhere(), &token).await.expect(200);
    replicas.turn(1).sign_in(&somewhere(), "ana").await.expect(200);
    counted_by_redis(&replicas).await;
}

/// That is the fault of one key: it costs nobody the others.
#[sqlx::test(migrations = false)]
async fn keys_of_another_type_are_replaced(pool: PgPool) {
    let valkey = Valkey::start();
    let replicas = Replicas::start(&pool, &valkey.url(), PER_MINUTE).await;
    replicas.turn(0).sign_up(&somewhere(), "ana").await.expect(201);
    let admitted = replicas.while_they_say(USED, async || {
        let from = somewhere();
        let token = replicas.turn(0).sign_in(&from, "ana").await.expect(200).access_token();
        for n in 0..10 {
            replicas.turn(n).ask_for_mail(&from).await.expect(202);
        }
        assert!(valkey.spoil_keys() > 4, "{:?}", valkey.keys());
        let mut admitted = 0;
        for n in 0..30 {
            admitted += u32::from(replicas.turn(n).ask_for_mail(&from).await.status == 202);
        }
        replicas.turn(1).me(&from, &token).await.expect(200);
        replicas.turn(1).sign_in(&somewhere(), "ana").await.expect(200);
        admitted
    });
    assert_eq!(admitted.await, 11, "once by the database, and anew by Redis");
    counted_by_redis(&replicas).await;
}

#[sqlx::test(migrations = false)]
#[ignore = "half a minute; `cargo nextest run --run-ignored only`"]
async fn a_cluster_counts_for_all_and_a_node_of_it_may_die(pool: PgPool) {
    let mut cluster = ValkeyCluster::start(6);
    let replicas = Replicas::start(&pool, &cluster.url(), PER_MINUTE).await;
    for _ in 0..5 {
        counted_by_redis(&replicas).await;
    }
    cluster.nodes[0].kill();
    // A third of the addresses are counted there.
    for _ in 0..20 {
        let admitted = admitted(&replicas).await;
        assert!((10..=20).contains(&admitted.mails), "{admitted:?}");
    }
    assert!(replicas.told().iter().all(|told| told.contains(&LOST)), "{:?}", replicas.told());
    for _ in 0..5 {
        counted_by_redis(&replicas).await;
    }
    told_each_change_once(&replicas);
}
