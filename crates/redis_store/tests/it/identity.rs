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

/// What the documented user may do: `OK`, or why not.
fn may(valkey: &Valkey, words: &[&str]) -> String {
    valkey.ask(&[&["ACL", "DRYRUN", "doorstep"][..], words].concat()).into_text()
}

#[test]
fn the_documented_rights_are_enough_and_touch_nothing_of_others() {
    let valkey = Valkey::start();
    let rights = documented("canary");
    valkey.ask(&rights.iter().map(String::as_str).collect::<Vec<_>>());
    for ours in [
        &["PING"][..],
        &["EVAL", "return 1", "1", "doorstep:a"],
        &["EVALSHA", "5c1", "1", "doorstep:a"],
        &["PUBLISH", "doorstep:session_changes", "1"],
        &["SUBSCRIBE", "doorstep:session_changes"],
        &["CLUSTER", "SLOTS"],
        &["ASKING"],
    ] {
        assert_eq!(may(&valkey, ours), "OK", "{ours:?}");
    }
    for theirs in [
        &["FLUSHALL"][..],
        &["FLUSHDB"],
        &["SWAPDB", "0", "1"],
        &["KEYS", "*"],
        &["CONFIG", "GET", "requirepass"],
        &["ACL", "LIST"],
        &["CLIENT", "KILL", "TYPE", "normal"],
        &["CLIENT", "PAUSE", "1000"],
        &["CLUSTER", "RESET"],
        &["SCRIPT", "FLUSH"],
        &["FUNCTION", "FLUSH"],
        &["SHUTDOWN"],
        &["DEL", "others"],
        &["EVAL", "return 1", "1", "others"],
        &["PUBLISH", "others", "1"],
        &["SUBSCRIBE", "others"],
    ] {
        assert_ne!(may(&valkey, theirs), "OK", "{theirs:?}");
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_found_by_the_probe_and_told_of_once() {
    let valkey = Valkey::start();
    let rights = documented("canary");
    valkey.ask(&rights.iter().map(String::as_str).collect::<Vec<_>>());
    let ours = RedisSettings {
        user: Some("doorstep".to_owned()),
        password: Some("canary".to_owned()),
        ..settings(&valkey)
    };
    let unproven = ["ping", "select", "asking", "publish", "subscribe"];
    let commands = rights.iter().filter_map(|right| right.strip_prefix('+'));
    let proven: Vec<_> =
        commands.filter(|command| !unproven.contains(command) && !command.contains('|')).collect();
    assert!(proven.len() > 10);
    for command in proven {
        let redis = probed(&ours).await;
        assert!(redis.is_available());
        valkey.ask(&["ACL", "SETUSER", "doorstep", &format!("-{command}")]);
        // A server that knows the script is asked by its hash.
        valkey.ask(&["SCRIPT", "FLUSH"]);
        for _ in 0..3 {
            redis.probe().await;
            assert_eq!((redis.is_available(), redis.changes_of_state()), (false, 2), "{command}");
        }
        valkey.ask(&["ACL", "SETUSER", "doorstep", &format!("+{command}")]);
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
