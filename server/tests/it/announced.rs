//! Servers that hear of each other by Redis alone: `DATABASE_LISTEN_URL=off` and `REDIS_URL`.

use crate::app::site;
use crate::cli::commands::{server, url};
use crate::process::Process;
use accounts::{Accounts, RedisSettings};
use serde_json::{Value, json};
use server::jobs::announcements;
use sqlx::PgPool;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use testkit::{PASSWORD, Valkey, World};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// For ever, where nothing comes.
const LONG: Duration = Duration::from_mins(1);

/// A running server, where it listens, and its log.
struct Served {
    address: String,
    log: Receiver<String>,
    _process: Process,
}

impl Served {
    fn start(pool: &PgPool, valkey: &Valkey) -> Self {
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
        let lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (told, log) = channel();
        // Read to its end, or the server would wait for whoever reads its log.
        std::thread::spawn(move || lines.for_each(|line| drop(told.send(line))));
        let mut served = Self { address: String::new(), log, _process: process };
        let line: Value = serde_json::from_str(&served.says("\"serving\"")).unwrap();
        line["address"].as_str().unwrap().clone_into(&mut served.address);
        served
    }

    /// The next line that holds this.
    fn says(&self, what: &str) -> String {
        loop {
            let line = self.log.recv_timeout(LONG).unwrap_or_else(|_| panic!("it never says {what}"));
            if line.contains(what) {
                return line;
            }
        }
    }
}

/// Waits until as many listen.
async fn until_subscribed(valkey: &Valkey, count: &str) {
    let subscribers = || valkey.ask(&["PUBSUB", "NUMSUB", "doorstep:session_changes"]).into_texts().remove(1);
    let subscribed = async {
        while subscribers() != count {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, subscribed).await.unwrap();
}

/// A server of this test's own, which is patient.
async fn replica(world: &World, valkey: &Valkey) -> Accounts {
    let replica = World::replica(&world.pool, &world.clock, |settings| {
        let answer_within = Duration::from_secs(10);
        settings.redis =
            Some(RedisSettings { answer_within, ..RedisSettings::at("127.0.0.1", valkey.port()) });
    });
    replica.probe_redis().await;
    replica
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
    let Served { address, .. } = &Served::start(&pool, &valkey);
    let world = World::new(pool.clone());
    let other = replica(&world, &valkey).await;
    let mut invalidations = other.listen(&other.sources()[1]).await.unwrap();
    until_subscribed(&valkey, "2").await;
    let listeners = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(world.count(listeners).await, 0);
    let person = json!({ "email": "ana@example.com", "password": PASSWORD });
    post(address, "users", "", &person);
    let pair = post(address, "auth/login", "", &person);
    post(address, "auth/logout", pair["access_token"].as_str().unwrap(), &json!({}));
    timeout(LONG, invalidations.next_invalidation()).await.unwrap().unwrap();
}

/// Beside the line of the breaker, which tells of the limits.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_that_hears_redis_alone_says_that_it_caches_nothing_without_it(pool: PgPool) {
    let mut valkey = Valkey::start();
    let served = Served::start(&pool, &valkey);
    until_subscribed(&valkey, "1").await;
    valkey.kill();
    let line = served.says("no session is cached");
    assert!(line.contains("other servers' changes are not heard of") && line.contains("Redis"), "{line}");
    valkey.restart();
    served.says("other servers' changes are heard of again");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_was_committed_before_a_stop_is_still_told(pool: PgPool) {
    let valkey = Valkey::start();
    let world = World::new(pool);
    let (here, there) = (replica(&world, &valkey).await, replica(&world, &valkey).await);
    let mut invalidations = there.listen(&there.sources()[1]).await.unwrap();
    let announcements = here.announcements().unwrap();
    let ana = world.member("ana").await;
    let ctx = world.holder(&ana).await;
    here.sign_out(&ctx).await.unwrap();
    let stopped = CancellationToken::new();
    stopped.cancel();
    announcements::run(announcements, stopped).await;
    timeout(LONG, invalidations.next_invalidation()).await.unwrap().unwrap();
}
