//! `rediss://`: the way to Redis is encrypted, and leads to nobody else.

use crate::mail::certificates::Authority;
use server::Config;
use server::config::RawConfig;
use sqlx::PgPool;
use testkit::{Valkey, World};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A port that speaks TLS in front of a server that does not.
async fn in_front_of(valkey: &Valkey, tls: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, real) = (listener.local_addr().unwrap().port(), valkey.port());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let Ok(mut client) = tls.accept(client).await else { return };
                let mut server = TcpStream::connect(("127.0.0.1", real)).await.unwrap();
                copy_bidirectional(&mut client, &mut server).await.ok();
            });
        }
    });
    port
}

/// What the log says of a server with these settings.
async fn told(pool: &PgPool, url: &str, authority: Option<String>) -> String {
    let raw = RawConfig {
        app_env: Some("development".to_owned()),
        database_url: Some("postgres://localhost/none".to_owned()),
        redis_url: Some(url.to_owned()),
        redis_ca_file: authority,
        ..RawConfig::default()
    };
    let mut redis = Config::new(&raw).unwrap().redis.unwrap();
    redis.answer_within = std::time::Duration::from_secs(10);
    let world = World::with(pool.clone(), |settings| settings.redis = Some(redis));
    crate::log::init();
    crate::log::catch();
    world.accounts.probe_redis().await;
    let told = crate::log::caught();
    told.lines().filter(|line| line.contains("Redis")).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_password_for_redis_reaches_only_whom_the_authority_names(pool: PgPool) {
    let (valkey, authority) = (Valkey::start(), Authority::new());
    valkey.ask(&["ACL", "SETUSER", "ana", "on", ">p@ss", "~*", "&*", "+@all"]);
    let port = in_front_of(&valkey, authority.server()).await;
    let url = |host: &str| format!("rediss://ana:p%40ss@{host}:{port}/0");
    let stranger = Authority::new().file();
    for (host, file) in
        [("127.0.0.1", None), ("127.0.0.1", Some(stranger)), ("localhost", Some(authority.file()))]
    {
        let told = told(&pool, &url(host), file).await;
        assert!(told.contains("Redis is out of reach") && told.contains("certificate"), "{told}");
    }
    let commands = valkey.info("commandstats");
    assert!(!commands.contains("cmdstat_auth"), "the password was told to nobody: {commands}");
    let told = told(&pool, &url("127.0.0.1"), Some(authority.file())).await;
    assert!(told.contains("Redis answers"), "{told}");
    assert!(valkey.info("commandstats").contains("cmdstat_auth:calls=1,"));
}

#[test]
fn without_tls_an_authority_is_a_mistake() {
    let authority = Authority::new();
    let raw = RawConfig {
        app_env: Some("development".to_owned()),
        database_url: Some("postgres://localhost/none".to_owned()),
        redis_url: Some("redis://localhost".to_owned()),
        redis_ca_file: Some(authority.file()),
        ..RawConfig::default()
    };
    let refused = Config::new(&raw).unwrap_err().to_string();
    assert!(refused.starts_with("REDIS_CA_FILE: it is for rediss:"), "{refused}");
}
