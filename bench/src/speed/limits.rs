//! What limits cost in memory, in Redis and in Postgres, and what a call waits when Redis fails.

use super::load::{self, Load};
use super::requests::{call, sign_ins};
use super::results::Results;
use super::sample::{Sample, Spent};
use super::turns::{Plan, Subject, Watched, Work, measure};
use super::{people, sign_in, tokens};
use crate::stand::{Mode, Proxy, Setup, Stand, Valkey};
use anyhow::{Result, ensure};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 8;
/// The server's word that it counts in Redis, once more.
const ANSWERS: &str = "Redis answers";

/// Servers over one database, by where they count.
struct Four {
    stand: Stand,
    valkey: Valkey,
    /// A way to Valkey that can be slow.
    way: Proxy,
    request: String,
}

const UNLIMITED: usize = 0;
const MEMORY: usize = 1;
const REDIS: usize = 2;
const THROUGH_PROXY: usize = 3;

pub(super) async fn run(plan: Plan, hash: &str, results: &mut Results) -> Result<()> {
    let mut four = Four::start(hash).await?;
    let emails = people::emails(four.stand.sql(), 200).await?;
    four.count(plan, &emails, results).await?;
    for fault in [Fault::Killed, Fault::Stopped, Fault::Slow, Fault::Full] {
        four.survive(plan, fault, results).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Fault {
    Killed,
    Stopped,
    Slow,
    Full,
}

impl Fault {
    /// As the results are named: before, after, and until Redis is used again.
    fn names(self) -> [&'static str; 3] {
        match self {
            Self::Killed => ["redis_before_killed", "redis_killed", "redis_killed_used_again_s"],
            Self::Stopped => ["redis_before_stopped", "redis_stopped", "redis_stopped_used_again_s"],
            Self::Slow => ["redis_before_slow", "redis_slow", "redis_slow_used_again_s"],
            Self::Full => ["redis_before_full", "redis_full", "redis_full_used_again_s"],
        }
    }
}

impl Four {
    async fn start(hash: &str) -> Result<Self> {
        let mut stand = Setup::servers(4).set("RATE_LIMIT_PER_MINUTE", "10000000").prepare().await?;
        let valkey = Valkey::start(stand.folder()).await?;
        let way = Proxy::before(valkey.port()).await?;
        stand.servers[UNLIMITED].set("RATE_LIMIT_PER_MINUTE", "0");
        stand.servers[REDIS].set("REDIS_URL", valkey.url());
        stand.servers[THROUGH_PROXY].set("REDIS_URL", format!("redis://127.0.0.1:{}/0", way.port()));
        for server in &mut stand.servers {
            server.start().await?;
        }
        people::fill(stand.sql(), 1_000, hash).await?;
        let one = people::emails(stand.sql(), 1).await?;
        let tokens = tokens::sign_in(&stand.servers[UNLIMITED], &one).await?;
        let request = call("/api/v1/users/me", &tokens[0].access);
        Ok(Self { stand, valkey, way, request })
    }

    /// What counting costs, by where it is done.
    async fn count(&self, plan: Plan, emails: &[String], results: &mut Results) -> Result<()> {
        let calls = || Box::new(|| load::cycle(std::slice::from_ref(&self.request), CONNECTIONS));
        let logins = || Box::new(|| sign_ins(sign_in::PATH, emails, 2));
        let subjects = [
            self.subject("me_unlimited", UNLIMITED, calls()),
            self.subject("me_memory", MEMORY, calls()),
            self.subject("me_redis", REDIS, calls()),
            self.subject("sign_in_postgres", MEMORY, logins()),
            self.subject("sign_in_redis", REDIS, logins()),
        ];
        measure(plan, results, &subjects).await
    }

    fn subject<'a>(
        &'a self,
        id: &'static str,
        server: usize,
        scripts: Box<dyn Fn() -> load::Scripts + 'a>,
    ) -> Subject<'a> {
        let server = &self.stand.servers[server];
        let watched = Watched { redis: Some(self.valkey.pid()), ..Watched::server(server, self.stand.sql()) };
        Subject { id, work: Work::Http { port: server.port(), scripts }, watched }
    }

    /// A call before and from one second after a fault on, and how long until Redis is used again once it is mended.
    async fn survive(&mut self, plan: Plan, fault: Fault, results: &mut Results) -> Result<()> {
        let [before, after, again] = fault.names();
        let server = if matches!(fault, Fault::Slow) { THROUGH_PROXY } else { REDIS };
        results.series(before, &[self.calls(server, plan.time).await?]);
        match fault {
            Fault::Killed => self.valkey.kill(),
            Fault::Stopped => self.valkey.pause(),
            Fault::Slow => self.way.set(Mode::Delay(Duration::from_secs(1))),
            Fault::Full => tell(&self.valkey, "CONFIG SET maxmemory 1").await?,
        }
        self.calls(server, Duration::from_secs(1)).await?;
        results.series(after, &[self.calls(server, plan.time).await?]);
        let log = self.stand.servers[server].log().to_owned();
        let from = fs::metadata(&log)?.len();
        let mended = Instant::now();
        match fault {
            Fault::Killed => self.valkey.restart().await?,
            Fault::Stopped => self.valkey.resume(),
            Fault::Slow => self.way.set(Mode::Pass),
            Fault::Full => tell(&self.valkey, "CONFIG SET maxmemory 0").await?,
        }
        while !answers_since(&log, from)? {
            ensure!(mended.elapsed() < Duration::from_secs(20), "{again}: Redis is not used again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        results.value(again, mended.elapsed().as_secs_f64());
        Ok(())
    }

    async fn calls(&self, server: usize, time: Duration) -> Result<Sample> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.stand.servers[server].port()));
        let scripts = load::cycle(std::slice::from_ref(&self.request), CONNECTIONS);
        Sample::new(Load { address, scripts, time }.run().await?, Spent::default())
    }
}

/// Whether the server has said that it counts in Redis, behind this place of its log.
fn answers_since(log: &Path, from: u64) -> Result<bool> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(from))?;
    let mut said = Vec::new();
    file.read_to_end(&mut said)?;
    Ok(String::from_utf8_lossy(&said).contains(ANSWERS))
}

async fn tell(valkey: &Valkey, command: &str) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", valkey.port())).await?;
    stream.write_all(format!("{command}\r\n").as_bytes()).await?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await?;
    ensure!(answer == *b"+OK\r\n", "{command}: {}", String::from_utf8_lossy(&answer));
    Ok(())
}
