//! A cluster of six.

use crate::{probed, settings, until_used};
use redis_store::{Redis, RedisSettings};
use testkit::ValkeyCluster;

#[tokio::test]
#[ignore = "six servers: cargo nextest run --locked --run-ignored only cluster"]
async fn a_cluster_is_known_by_one_node_and_a_failover_is_followed() {
    let mut cluster = ValkeyCluster::start(6);
    let seed = RedisSettings { cluster: true, ..settings(&cluster.nodes[5]) };
    let redis = probed(&seed).await;
    assert!(redis.is_available());
    for primary in 0..3 {
        cluster.fail_over(primary);
        redis.probe().await;
        assert!(redis.is_available());
    }
    assert_eq!(redis.changes_of_state(), 1);
    a_node_that_hangs_is_left_out(&cluster).await;
    // The primaries are the last three now.
    for primary in &mut cluster.nodes[3..] {
        primary.kill();
    }
    redis.probe().await;
    assert!(!redis.is_available());
}

/// Also where it is named first, and as soon as it hangs.
async fn a_node_that_hangs_is_left_out(cluster: &ValkeyCluster) {
    let [hangs, answers] = [&cluster.nodes[0], &cluster.nodes[5]];
    let quick = RedisSettings::at("127.0.0.1", hangs.port());
    let nodes = [quick.nodes.clone(), settings(answers).nodes].concat();
    let redis = Redis::open(&RedisSettings { cluster: true, nodes, ..quick }).unwrap();
    hangs.stop();
    until_used(&redis).await;
    hangs.go_on();
}
