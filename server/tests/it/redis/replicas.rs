//! Servers that run: processes of the real program, over one database and one Redis.

use crate::app::site;
use crate::cli::commands::{server, url};
use crate::process::Process;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use testkit::PASSWORD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

/// What the log says when Redis is out of reach, and when it is used.
pub const LOST: &str = "Redis is out of reach";
pub const USED: &str = "Redis answers";

/// Two servers.
pub struct Replicas([Replica; 2]);

pub struct Replica {
    address: String,
    log: watch::Receiver<Vec<Value>>,
    _process: Process,
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Replicas {
    /// Two servers with this `REDIS_URL` and a general limit.
    pub async fn start(pool: &PgPool, redis: &str, per_minute: u32) -> Self {
        let (database, limit) = (url(pool), per_minute.to_string());
        let settings = [
            ("DATABASE_URL", database.as_str()),
            ("LEPTOS_SITE_ROOT", site().to_str().unwrap()),
            ("LEPTOS_SITE_ADDR", "127.0.0.1:0"),
            ("TRUSTED_PROXIES", "127.0.0.1/32"),
            ("RATE_LIMIT_PER_MINUTE", limit.as_str()),
            ("REDIS_URL", redis),
            ("LOG_FORMAT", "json"),
        ];
        // One after the other: the first makes the keys that both need.
        Self([Replica::start(&settings).await, Replica::start(&settings).await])
    }

    pub fn each(&self) -> impl Iterator<Item = &Replica> {
        self.0.iter()
    }

    /// The server that has the n-th turn.
    pub fn turn(&self, n: usize) -> &Replica {
        &self.0[n % 2]
    }

    /// Waits until this is the last that each has said of Redis.
    pub async fn say(&self, what: &str) {
        for replica in self.each() {
            replica.until(|log| log.iter().rev().find_map(of_redis) == Some(what)).await;
        }
    }

    /// Measures while nothing changes: on a busy machine Redis may be lost for a moment, which proves nothing.
    pub async fn while_they_say<T>(&self, what: &str, measure: impl AsyncFn() -> T) -> T {
        for _ in 0..5 {
            self.say(what).await;
            let before = self.told();
            let measured = measure().await;
            if self.told() == before {
                return measured;
            }
        }
        panic!("it never stays as it is: {:?}", self.told());
    }

    /// What they said of Redis, each for itself and in order.
    pub fn told(&self) -> Vec<Vec<&'static str>> {
        let told = |replica: &Replica| replica.log.borrow().iter().filter_map(of_redis).collect();
        self.each().map(told).collect()
    }
}

impl Replica {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let mut process = Process::spawn(server(&["serve"], settings).stderr(Stdio::piped()));
        let lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let (told, log) = watch::channel(Vec::new());
        // Read to its end, or the server would wait for whoever reads its log.
        std::thread::spawn(move || {
            for line in lines {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                told.send_modify(|lines| lines.push(line));
            }
        });
        let mut replica = Self { address: String::new(), log, _process: process };
        replica.until(|log| log.iter().any(|line| says(line, "serving"))).await;
        let address = replica.log.borrow().iter().find_map(|line| Some(line["address"].as_str()?.to_owned()));
        replica.address = address.unwrap();
        replica
    }

    /// Waits for its log; a minute is for ever.
    async fn until(&self, holds: impl Fn(&[Value]) -> bool) {
        let mut log = self.log.clone();
        let waited = timeout(Duration::from_mins(1), log.wait_for(|lines| holds(lines))).await;
        assert!(matches!(waited, Ok(Ok(_))), "{:#?}", *self.log.borrow());
    }

    /// Asks for a mail: ten go from an address, and then ten an hour.
    pub async fn ask_for_mail(&self, from: &str) -> Reply {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let email = format!("nobody-{}@example.com", ASKED.fetch_add(1, Ordering::Relaxed));
        self.send("POST /api/v1/auth/password/forgot", from, "", &json!({ "email": email })).await
    }

    pub async fn sign_up(&self, from: &str, name: &str) -> Reply {
        let form = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        self.send("POST /api/v1/users", from, "", &form).await
    }

    pub async fn sign_in(&self, from: &str, name: &str) -> Reply {
        let form = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
        self.send("POST /api/v1/auth/login", from, "", &form).await
    }

    /// Reads one's own account.
    pub async fn me(&self, from: &str, token: &str) -> Reply {
        self.send("GET /api/v1/users/me", from, token, &Value::Null).await
    }

    async fn send(&self, line: &str, from: &str, token: &str, body: &Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let bearer =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Forwarded-For: {from}\r\n{bearer}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Reply { status: head.split(' ').nth(1).unwrap().parse().unwrap(), body: body.to_owned() }
    }
}

impl Reply {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    pub fn access_token(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }
}

/// An address in a network that nobody else here has.
pub fn somewhere() -> String {
    static CLIENTS: AtomicU32 = AtomicU32::new(1);
    let [a, b, c, d] = CLIENTS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("2001:db8:{c:x}{d:02x}:{a:x}{b:02x}::1")
}

fn says(line: &Value, what: &str) -> bool {
    let message = &line["fields"]["message"];
    message.as_str().or(line["message"].as_str()).is_some_and(|message| message.starts_with(what))
}

fn of_redis(line: &Value) -> Option<&'static str> {
    [LOST, USED].into_iter().find(|what| says(line, what))
}
