//! Redis itself, which fails in every way that is known, and the breaker before it.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod cluster;
mod expiry;
mod faults;
mod identity;
mod invalidation;
mod once;

use redis_store::{Redis, RedisSettings};
use testkit::Valkey;

/// Where a server of a test listens. An answer may take longer than in use: these tests are not about time.
fn settings(valkey: &Valkey) -> RedisSettings {
    RedisSettings {
        answer_within: std::time::Duration::from_secs(10),
        ..RedisSettings::at("127.0.0.1", valkey.port())
    }
}

async fn probed(settings: &RedisSettings) -> Redis {
    let redis = Redis::open(settings).unwrap();
    redis.probe().await;
    redis
}

/// The connections of ours that a server has.
fn connections(valkey: &Valkey) -> Vec<String> {
    let all = valkey.ask(&["CLIENT", "LIST"]).into_text();
    all.lines().filter(|line| line.contains("lib-name=redis-rs")).map(str::to_owned).collect()
}

/// Probes until Redis is used: a busy machine may need some tries.
async fn until_used(redis: &Redis) {
    let used = async {
        while !redis.is_available() {
            redis.probe().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), used).await.unwrap();
}
