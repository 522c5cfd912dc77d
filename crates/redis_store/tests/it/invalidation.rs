//! Word of changes, told and heard.

use crate::{probed, settings};
use domain::UserId;
use redis_store::Unreachable;
use redis_store::invalidation::{PubSubError, publish, subscribe};
use testkit::Valkey;

fn accounts() -> [UserId; 2] {
    ["00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"]
        .map(|id| UserId(id.parse().unwrap()))
}

#[tokio::test]
async fn a_subscriber_hears_which_accounts_changed() {
    let valkey = Valkey::start();
    let redis = probed(&settings(&valkey)).await;
    let mut subscription = subscribe(&redis).await.unwrap();
    publish(&redis, &accounts()).await.unwrap();
    assert_eq!(subscription.next().await.unwrap(), accounts());
}

/// Neither is anything probed for it, nor does the breaker open: limits are counted as before.
#[tokio::test]
async fn word_that_is_not_passed_on_says_nothing_of_the_limits() {
    let mut valkey = Valkey::start();
    let redis = probed(&settings(&valkey)).await;
    publish(&redis, &accounts()).await.unwrap();
    valkey.ask(&["CONFIG", "RESETSTAT"]);
    valkey.ask(&["ACL", "SETUSER", "default", "-publish"]);
    let refused = publish(&redis, &accounts()).await;
    assert!(matches!(refused, Err(PubSubError::Failed(_))), "{refused:?}");
    valkey.kill();
    let lost = publish(&redis, &accounts()).await;
    assert!(matches!(lost, Err(PubSubError::Unreachable(Unreachable))), "{lost:?}");
    assert_eq!((redis.is_available(), redis.changes_of_state()), (true, 1));
    redis.probe().await;
    assert_eq!((redis.is_available(), redis.changes_of_state()), (false, 2), "the probe finds out");
}
