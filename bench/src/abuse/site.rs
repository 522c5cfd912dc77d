//! The site under attack: two servers behind a proxy, and who is at home there.

use super::scrape::Scrape;
use crate::stand::{Answer, Client, PASSWORD, Server, Setup, Stand, Tokens, Valkey, ports};
use anyhow::{Context, Result, bail, ensure};
use hyper::Method;
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::sleep;

const SIGN_IN: &str = "/api/v1/auth/login";
/// How long a site may refuse what is asked before an attack.
const PATIENCE: Duration = Duration::from_mins(1);

/// What counts the limits of both servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Redis,
    Postgres,
    /// In Redis, until it is killed in the middle of each attack.
    RedisThatDies,
}

impl Counted {
    pub(super) const ALL: [Self; 3] = [Self::Redis, Self::Postgres, Self::RedisThatDies];

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Redis => "with Redis",
            Self::Postgres => "without Redis",
            Self::RedisThatDies => "Redis killed",
        }
    }
}

pub(super) struct Site {
    pub(super) counted: Counted,
    pub(super) stand: Stand,
    valkey: Mutex<Option<Valkey>>,
    metrics: Vec<u16>,
    /// The memory of each server when it had served nobody yet, in bytes.
    pub(super) idle: Vec<u64>,
    addresses: AtomicU32,
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) email: String,
    /// Device tokens of programs that the account knows.
    pub(super) devices: Vec<String>,
    pub(super) tokens: Tokens,
}

impl Site {
    pub(super) async fn start(counted: Counted) -> Result<Self> {
        // As shipped, also the general limit.
        let mut setup = Setup::servers(2).set("RATE_LIMIT_PER_MINUTE", "60");
        if counted != Counted::Postgres {
            setup = setup.with_valkey();
        }
        let (mut stand, mut metrics) = (setup.prepare().await?, Vec::new());
        for server in &mut stand.servers {
            let port = ports::free()?;
            server.set("METRICS_ADDR", format!("127.0.0.1:{port}"));
            metrics.push(port);
            server.start().await?;
        }
        let valkey = Mutex::new(stand.valkey.take());
        let idle = stand.servers.iter().map(Server::rss).collect();
        Ok(Self { counted, stand, valkey, metrics, idle, addresses: AtomicU32::new(0) })
    }

    /// The port of the server that has the n-th turn.
    pub(super) fn port(&self, n: usize) -> u16 {
        self.stand.servers[n % self.stand.servers.len()].port()
    }

    pub(super) fn client(&self, n: usize) -> Client {
        Client::new(self.port(n)).within(Duration::from_secs(40))
    }

    /// An address that nobody had, in a network that nobody is in.
    pub(super) fn somewhere(&self) -> String {
        let n = self.addresses.fetch_add(1, Ordering::Relaxed);
        format!("10.{}.{}.7", n >> 8 & 0xFF, n & 0xFF)
    }

    pub(super) async fn scrape(&self) -> Result<Scrape> {
        Scrape::of(&self.metrics).await
    }

    /// How many passwords both servers have hashed.
    pub(super) async fn hashes(&self) -> Result<u64> {
        Ok(self.scrape().await?.hashes())
    }

    /// Kills Redis, if this site's is to die.
    pub(super) async fn lose_redis(&self) {
        if let (Counted::RedisThatDies, Some(valkey)) = (self.counted, &mut *self.valkey.lock().await) {
            valkey.kill();
        }
    }

    /// Has Redis again, empty, and waits until both servers use it.
    pub(super) async fn has_redis_again(&self) -> Result<()> {
        if self.counted != Counted::RedisThatDies {
            return Ok(());
        }
        self.valkey.lock().await.as_mut().context("it has a Redis")?.restart().await?;
        for _ in 0..1_200 {
            if self.scrape().await?.sum("doorstep_redis_up", None) > 1.5 {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the servers do not use Redis again")
    }

    /// Rows that a statement counts.
    pub(super) async fn rows(&self, sql: &'static str) -> Result<u64> {
        let count: i64 = sqlx::query_scalar(sql).fetch_one(self.stand.sql()).await?;
        Ok(u64::try_from(count)?)
    }

    /// A new account that knows so many programs.
    pub(super) async fn member(&self, name: &str, devices: usize) -> Result<Member> {
        let (mut client, email) = (self.client(0), format!("{name}@example.com"));
        let body = json!({ "email": email, "password": PASSWORD });
        let from = self.somewhere();
        let headers = [("content-type", "application/json"), ("x-forwarded-for", from.as_str())];
        let body = serde_json::to_vec(&body)?;
        served(&mut client, 201, Method::POST, "/api/v1/users", &headers, &body).await?;
        let (mut tokens, mut known) = (None, Vec::new());
        for _ in 0..devices.max(1) {
            let from = self.somewhere();
            let headers = [headers[0], ("x-forwarded-for", from.as_str()), ("x-device-token", "new")];
            let answer = served(&mut client, 200, Method::POST, SIGN_IN, &headers, &body).await?;
            known.push(answer.header("x-device-token").to_owned());
            tokens = Some(answer.tokens()?);
        }
        Ok(Member { email, devices: known, tokens: tokens.context("it has signed in")? })
    }
}

/// Asks for something that an attack needs to be there before, until it is: on a busy machine a server may be overloaded.
pub(super) async fn served(
    client: &mut Client,
    status: u16,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer> {
    let began = Instant::now();
    loop {
        let answer = client.send(method.clone(), path, headers, body.to_vec()).await?;
        if answer.status == status {
            return Ok(answer);
        }
        let waits = answer.status == 503 && began.elapsed() < PATIENCE;
        ensure!(waits, "{path}: {} {}", answer.status, answer.text());
        sleep(Duration::from_secs(answer.header("retry-after").parse().unwrap_or(1))).await;
    }
}

/// Signs in by the API, from an address and with a device token.
pub(super) async fn sign_in(
    client: &mut Client,
    from: &str,
    name: &str,
    password: &str,
    device: Option<&str>,
) -> Result<Answer> {
    let mut headers = vec![("x-forwarded-for", from)];
    headers.extend(device.map(|device| ("x-device-token", device)));
    sign_in_with(client, &headers, name, password).await
}

/// The same with any headers.
pub(super) async fn sign_in_with(
    client: &mut Client,
    headers: &[(&str, &str)],
    name: &str,
    password: &str,
) -> Result<Answer> {
    let body = json!({ "email": name, "password": password });
    let headers = [&[("content-type", "application/json")], headers].concat();
    client.send(Method::POST, SIGN_IN, &headers, serde_json::to_vec(&body)?).await
}
