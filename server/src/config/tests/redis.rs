//! An address of Redis is understood whole, or refused with what to write instead; its password is shown nowhere.

use super::{Config, raw, refusal};
use accounts::{RedisNode, RedisSettings, RedisTls};

const DEVELOPMENT: (&str, &str) = ("APP_ENV", "development");

fn redis(url: &str) -> RedisSettings {
    Config::new(&raw(&[DEVELOPMENT, ("REDIS_URL", url)])).expect(url).redis.expect(url)
}

fn refused(url: &str) -> String {
    refusal(&[DEVELOPMENT, ("REDIS_URL", url)])
}

fn node(host: &str, port: u16) -> RedisNode {
    RedisNode { host: host.to_owned(), port }
}

#[test]
fn without_an_address_there_is_no_redis() {
    for none in ["", "  "] {
        assert_eq!(Config::new(&raw(&[DEVELOPMENT, ("REDIS_URL", none)])).unwrap().redis, None);
    }
}

#[test]
fn an_address_of_redis_is_understood_whole() {
    let plain = |host: &str, port| RedisSettings::at(host, port);
    for url in
        ["redis://localhost:6379/0", "redis://localhost", "valkey://localhost/", "REDIS://localhost:6379"]
    {
        assert_eq!(redis(url), plain("localhost", 6379), "{url}");
    }
    assert_eq!(
        redis("redis://[2001:db8::1]:6380/15"),
        RedisSettings { database: 15, ..plain("2001:db8::1", 6380) }
    );
    let with = |user: Option<&str>| RedisSettings {
        user: user.map(str::to_owned),
        password: Some("p@ss/word".to_owned()),
        tls: Some(RedisTls::default()),
        ..plain("cache.example.com", 6379)
    };
    assert_eq!(redis("rediss://:p%40ss%2Fword@cache.example.com"), with(None));
    assert_eq!(redis("valkeys://ana:p%40ss%2Fword@cache.example.com/0"), with(Some("ana")));
    let cluster = redis("redis+cluster://a.example,b.example:7001,[::1]:7002/0");
    let nodes = vec![node("a.example", 6379), node("b.example", 7001), node("::1", 7002)];
    assert_eq!(cluster, RedisSettings { nodes, cluster: true, ..plain("", 0) });
    let cluster = redis("rediss+cluster://:canary@a.example");
    assert!(cluster.cluster && cluster.tls.is_some() && cluster.password.is_some());
}

#[test]
fn an_address_of_redis_that_is_not_understood_says_what_to_write_and_no_password() {
    for (url, advice) in [
        ("localhost:6379", "it cannot be read"),
        ("redis:localhost", "it cannot be read"),
        ("redis://", "it cannot be read"),
        ("redis://:canary@", "it cannot be read"),
        ("redis://localhost:port", "it cannot be read"),
        ("redis://:canary@host:0", "it cannot be read"),
        ("http://:canary@localhost", "neither redis:, rediss: nor redis+cluster:"),
        ("unix:///run/redis.sock", "neither redis:, rediss: nor redis+cluster:"),
        ("canary://localhost", "neither redis:, rediss: nor redis+cluster:"),
        ("redis://:can#ary@localhost", "%23 for #"),
        ("redis://:can?ary@localhost", "%3F for ?"),
        ("rediss://localhost/0?ssl_cert_reqs=none", "nothing may follow"),
        ("rediss://localhost/#insecure", "nothing may follow"),
        ("redis://:can/ary@localhost/0", "%2F for it"),
        ("redis://localhost/0/canary", "%2F for it"),
        ("redis://localhost/canary", "the number of a database"),
        ("redis://localhost/-1", "the number of a database"),
        ("redis://canary@localhost", "a colon and a password"),
        ("redis://ana:@localhost", "a colon and a password"),
        ("redis://ana:can%zzary@localhost", "a colon and a password"),
        ("redis://ana:can%0Aary@localhost", "a colon and a password"),
        ("redis://:canary@a.example,b.example", "write redis+cluster: if they are a cluster"),
        ("rediss+cluster://a.example/1", "a cluster has the database 0 alone"),
    ] {
        let message = refused(url);
        assert!(message.starts_with("REDIS_URL: ") && message.contains(advice), "{url}: {message}");
        assert!(!message.contains("canary") && !message.contains("ary@"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn the_password_for_redis_comes_from_a_file_too_and_is_shown_nowhere() {
    let folder = std::env::temp_dir().join(format!("doorstep-redis-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (address, authority) = (folder.join("address"), folder.join("ca.pem"));
    std::fs::write(&address, "rediss://ana:canary@cache.example.com/2\n").unwrap();
    std::fs::write(&authority, "no certificate").unwrap();
    let file = ("REDIS_URL_FILE", address.to_str().unwrap());
    let config = Config::new(&raw(&[DEVELOPMENT, file])).unwrap();
    let redis = config.redis.as_ref().unwrap();
    assert_eq!((redis.password.as_deref(), redis.database), (Some("canary"), 2));
    let shown = format!("{config:?} {redis:?}");
    assert!(shown.contains("cache.example.com") && !shown.contains("canary"), "{shown}");
    let both = refusal(&[DEVELOPMENT, file, ("REDIS_URL", "redis://localhost")]);
    assert!(both.contains("set REDIS_URL or REDIS_URL_FILE, not both"), "{both}");
    let authority = ("REDIS_CA_FILE", authority.to_str().unwrap());
    assert!(refusal(&[DEVELOPMENT, file, authority]).ends_with("holds no certificate in PEM"));
    std::fs::remove_dir_all(folder).unwrap();
}
