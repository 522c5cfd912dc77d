//! A cluster of six. It takes some seconds: `VALKEY_CLUSTER` asks for it.

use crate::{probed, settings};
use redis_store::RedisSettings;
use testkit::ValkeyCluster;

#[tokio::test]
async fn one_node_names_the_others_and_a_failover_is_followed() {
    if std::env::var_os("VALKEY_CLUSTER").is_none() {
        return;
    }
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
    // The primaries are the last three now.
    for primary in &mut cluster.nodes[3..] {
        primary.kill();
    }
    redis.probe().await;
    assert!(!redis.is_available());
}
