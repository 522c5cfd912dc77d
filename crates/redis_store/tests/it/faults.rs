//! Each known fault opens the breaker, once, and a probe closes it when the fault has passed.

use crate::{connections, probed, settings, until_used};
use redis_store::Redis;
use std::time::Duration;
use testkit::Valkey;
use tokio::task::JoinSet;

/// Lost, told of once however often it is probed, and in use again afterwards.
async fn lost_and_found(
    redis: &Redis,
    valkey: &mut Valkey,
    fault: impl Fn(&mut Valkey),
    mend: impl Fn(&mut Valkey),
) {
    redis.probe().await;
    let before = redis.changes_of_state();
    assert!(redis.is_available());
    fault(valkey);
    for _ in 0..2 {
        redis.probe().await;
        assert!(!redis.is_available());
        assert_eq!(redis.changes_of_state(), before + 1);
    }
    mend(valkey);
    redis.probe().await;
    assert!(redis.is_available());
    assert_eq!(redis.changes_of_state(), before + 2);
}

#[tokio::test]
async fn what_was_lost_is_used_again() {
    let (mut valkey, other) = (Valkey::start(), Valkey::start());
    let redis = probed(&settings(&valkey)).await;
    lost_and_found(&redis, &mut valkey, Valkey::kill, Valkey::restart).await;
    lost_and_found(&redis, &mut valkey, |valkey| valkey.fill(), |valkey| valkey.make_room()).await;
    lost_and_found(&redis, &mut valkey, |valkey| valkey.follow(&other), |valkey| valkey.lead()).await;
    valkey.flush();
    redis.probe().await;
    assert!(redis.is_available(), "a script that was forgotten is brought again");
}

#[tokio::test]
async fn what_does_not_answer_is_lost_within_its_time() {
    let mut valkey = Valkey::start();
    let mut quick = settings(&valkey);
    quick.answer_within = redis_store::RedisSettings::at("", 0).answer_within;
    let redis = Redis::open(&quick).unwrap();
    until_used(&redis).await;
    valkey.stop();
    redis.probe().await;
    assert!(!redis.is_available());
    valkey.go_on();
    until_used(&redis).await;
    valkey.kill();
}

#[tokio::test]
async fn a_server_that_is_down_at_the_start_is_used_once_it_is_there() {
    let mut valkey = Valkey::start();
    valkey.kill();
    let redis = probed(&settings(&valkey)).await;
    assert_eq!((redis.is_available(), redis.changes_of_state()), (false, 1));
    valkey.restart();
    let in_use = async {
        while !redis.is_available() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = redis.watch() => {}
        in_time = tokio::time::timeout(Duration::from_mins(1), in_use) => in_time.unwrap(),
    }
    assert_eq!(redis.changes_of_state(), 2);
}

#[tokio::test]
async fn a_connection_that_broke_is_replaced_without_a_word() {
    let valkey = Valkey::start();
    let redis = probed(&settings(&valkey)).await;
    let before = connections(&valkey);
    valkey.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
    redis.probe().await;
    let after = connections(&valkey);
    assert_eq!((redis.is_available(), redis.changes_of_state(), after.len()), (true, 1, 1));
    assert_ne!(before, after);
}

#[tokio::test]
async fn all_share_one_connection() {
    let valkey = Valkey::start();
    let redis = Redis::open(&settings(&valkey)).unwrap();
    let mut probes = JoinSet::new();
    for _ in 0..20 {
        let redis = redis.clone();
        probes.spawn(async move { redis.probe().await });
    }
    probes.join_all().await;
    assert_eq!(connections(&valkey).len(), 1);
}
