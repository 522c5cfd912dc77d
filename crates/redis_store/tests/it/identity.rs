//! As whom we come, and where to.

use crate::{connections, probed, settings};
use redis_store::RedisSettings;
use testkit::Valkey;

/// The rights that docs/deploy.md names, with a password.
fn documented(password: &str) -> Vec<String> {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deploy.md");
    let document = std::fs::read_to_string(document).unwrap();
    let line = document.lines().find(|line| line.starts_with("ACL SETUSER doorstep ")).unwrap();
    assert!(line.contains(" >PASSWORD "));
    line.replace("PASSWORD", password).split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_user_the_password_and_the_number_of_the_database_are_ours() {
    let valkey = Valkey::start();
    let rights = documented("canary");
    valkey.ask(&rights.iter().map(String::as_str).collect::<Vec<_>>());
    let ours = RedisSettings {
        user: Some("doorstep".to_owned()),
        password: Some("canary".to_owned()),
        database: 3,
        ..settings(&valkey)
    };
    let redis = probed(&ours).await;
    assert!(redis.is_available(), "these rights are enough");
    let connections = connections(&valkey);
    assert!(matches!(&connections[..], [one] if one.contains(" db=3 ") && one.contains(" user=doorstep ")));
    for wrong in [
        RedisSettings { password: Some("wrong".to_owned()), ..ours.clone() },
        RedisSettings { user: Some("nobody".to_owned()), ..ours.clone() },
        RedisSettings { database: 16, ..ours },
    ] {
        assert!(!probed(&wrong).await.is_available(), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_password_without_a_user_is_the_default_user_s() {
    let valkey = Valkey::start();
    valkey.config_set("requirepass", "canary");
    let ours = RedisSettings { password: Some("canary".to_owned()), ..settings(&valkey) };
    assert!(probed(&ours).await.is_available());
    assert!(!probed(&settings(&valkey)).await.is_available());
}
