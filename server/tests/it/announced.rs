//! Servers that hear of each other by Redis alone: `DATABASE_LISTEN_URL=off` and `REDIS_URL`.

use crate::app::site;
use crate::cli::commands::{server, url};
use crate::process::Process;
use accounts::RedisSettings;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;
use testkit::{PASSWORD, Valkey, World};

/// A server, and where it listens.
fn start(pool: &PgPool, valkey: &Valkey) -> (Process, String) {
    let settings = [
        ("DATABASE_URL", url(pool)),
        ("DATABASE_LISTEN_URL", "off".to_owned()),
        ("REDIS_URL", valkey.url()),
        ("LEPTOS_SITE_ROOT", site().display().to_string()),
        ("LEPTOS_SITE_ADDR", "127.0.0.1:0".to_owned()),
        ("BASE_URL", testkit::ISSUER.to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
    ];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut process = Process::spawn(server(&["serve"], &settings).stderr(Stdio::piped()));
    let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address = log.find_map(|line| {
        let line: Value = serde_json::from_str(&line).unwrap_or_default();
        line["address"].as_str().map(str::to_owned)
    });
    // Read to its end, or the server would wait for whoever reads its log.
    std::thread::spawn(move || log.for_each(drop));
    (process, address.unwrap())
}

fn post(address: &str, path: &str, token: &str, body: &Value) -> Value {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 20"), "{path}: {answer}");
    serde_json::from_str(body).unwrap_or_default()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_without_listen_tells_and_hears_by_redis(pool: PgPool) {
    let valkey = Valkey::start();
    let (_process, address) = start(&pool, &valkey);
    let world = World::new(pool.clone());
    let other = World::replica(&pool, &world.clock, |settings| {
        let answer_within = Duration::from_secs(10);
        settings.redis =
            Some(RedisSettings { answer_within, ..RedisSettings::at("127.0.0.1", valkey.port()) });
    });
    let mut invalidations = other.listen(&other.sources()[1]).await.unwrap();
    let subscribers = || valkey.ask(&["PUBSUB", "NUMSUB", "doorstep:session_changes"]).into_texts().remove(1);
    while subscribers() != "2" {}
    let listeners = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(world.count(listeners).await, 0);
    let person = json!({ "email": "ana@example.com", "password": PASSWORD });
    post(&address, "users", "", &person);
    let pair = post(&address, "auth/login", "", &person);
    post(&address, "auth/logout", pair["access_token"].as_str().unwrap(), &json!({}));
    let heard = tokio::time::timeout(Duration::from_secs(20), invalidations.next_invalidation()).await;
    heard.unwrap().unwrap();
}
