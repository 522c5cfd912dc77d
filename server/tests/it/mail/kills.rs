//! P20: a server that is killed at any moment, under load, has promised no mail that is never sent, and no mail is sent
//! twice otherwise than word for word.

use super::catcher::{Catcher, Heard, Manner};
use super::smtp::plain;
use crate::app::site;
use crate::cli::commands::{server, url};
use crate::process::Process;
use accounts::Rng;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::{HandClock, SeededRng, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

const CLIENTS: usize = 6;
/// Nobody is asked for twice.
const PEOPLE: &str = "INSERT INTO users (id, email, email_canonical, created_at, updated_at)
     SELECT gen_random_uuid(), email, email, now(), now()
     FROM (SELECT 'person-' || n || '@example.com' AS email FROM generate_series(0, 99999) n) AS people";

/// How often the server is killed; `P20_KILLS` asks for more.
fn kills() -> usize {
    std::env::var("P20_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// A running server and where it listens.
async fn start(database: &str, catcher: &Catcher, key: &str) -> (Process, String) {
    let smtp = format!("smtp://127.0.0.1:{}", catcher.port);
    let settings = [
        ("DATABASE_URL", database),
        ("LEPTOS_SITE_ROOT", site().to_str().unwrap()),
        ("LEPTOS_SITE_ADDR", "127.0.0.1:0"),
        ("BASE_URL", testkit::ISSUER),
        ("TRUSTED_PROXIES", "127.0.0.1/32"),
        ("SMTP_URL", smtp.as_str()),
        ("MAIL_FROM", "no-reply@harbour.example"),
        ("ENCRYPTION_KEY_FILE", key),
        ("LOG_FORMAT", "json"),
    ];
    let mut process = Process::spawn(server(&["serve"], &settings).stderr(Stdio::piped()));
    let log = BufReader::new(process.stderr.take().unwrap());
    let (told, address) = oneshot::channel();
    // Read to its end, or the server would wait for whoever reads its log.
    std::thread::spawn(move || {
        let mut told = Some(told);
        for line in log.lines().map_while(Result::ok) {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = line["address"].as_str()
                && let Some(told) = told.take()
            {
                told.send(address.to_owned()).ok();
            }
        }
    });
    (process, address.await.unwrap())
}

/// What clients know and have been told.
#[derive(Clone)]
struct Load {
    /// Where the server is, while there is one.
    server: watch::Sender<Option<String>>,
    /// Who was promised a mail.
    promised: watch::Sender<BTreeSet<String>>,
    next: Arc<AtomicUsize>,
}

impl Load {
    /// Asks for one mail after the other, a reset or a proof, for somebody else each time.
    async fn run(self) {
        loop {
            let server = self.server.subscribe().wait_for(Option::is_some).await.unwrap().clone().unwrap();
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let path = ["password/forgot", "email/resend"][n % 2];
            let email = format!("person-{n}@example.com");
            if ask(&server, path, &email, n).await.is_some_and(|answer| answer.starts_with("HTTP/1.1 202")) {
                self.promised.send_modify(|promised| _ = promised.insert(email));
            }
            tokio::task::yield_now().await;
        }
    }
}

/// The answer, if it came whole. Each is asked for from a network of its own.
async fn ask(server: &str, path: &str, email: &str, n: usize) -> Option<String> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let body = format!(r#"{{"email":"{email}"}}"#);
    let head = format!(
        "POST /api/v1/auth/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         X-Forwarded-For: 2001:{:x}:{:x}::1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        0xdb8 + (n >> 16),
        n & 0xffff,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

/// Whom a mail went to, and what of it is the same in each repeat: its id and its links.
fn identity(heard: &Heard, mail: usize) -> (String, [String; 2]) {
    let to = heard.header(mail, "To").trim_start_matches("To: ").to_owned();
    let whole = heard.mails[mail].replace("=\r\n", "");
    let links: BTreeSet<_> = ["/reset#", "/verify#"]
        .into_iter()
        .flat_map(|page| whole.match_indices(page).map(|(at, _)| &whole[at..at + page.len() + 43]))
        .collect();
    assert_eq!(links.len(), 1, "one link, in both parts: {whole}");
    (to, [heard.header(mail, "Message-ID"), links.into_iter().collect()])
}

/// What a killed server had taken to send is due again at once: a minute of lease need not pass here.
async fn end_leases(pool: &PgPool) {
    sqlx::query("UPDATE outbox SET next_at = least(next_at, now())").execute(pool).await.unwrap();
}

/// Sends what still waits, as the next server would.
async fn send_the_rest(pool: &PgPool, catcher: &Catcher) {
    end_leases(pool).await;
    let now = sqlx::query_scalar("SELECT now()").fetch_one(pool).await.unwrap();
    let accounts = World::replica(pool, &Arc::new(HandClock::at(now)), |_| ());
    let outgoing = plain(catcher);
    while accounts.send_due(&outgoing).await.unwrap() {}
    let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(pool).await.unwrap();
    assert_eq!(waiting, 0);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_kill_loses_a_promised_mail_and_a_repeat_is_the_same_mail(pool: PgPool) {
    sqlx::query(PEOPLE).execute(&pool).await.unwrap();
    let (database, catcher) = (url(&pool), Catcher::start(Manner::default()).await);
    let folder = super::folder();
    fs::create_dir_all(&folder).unwrap();
    let key = folder.join("encryption-key.pem");
    fs::write(&key, testkit::ENCRYPTION_KEY).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let load =
        Load { server: watch::Sender::new(None), promised: watch::Sender::default(), next: Arc::default() };
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(load.clone().run());
    }
    let (kills, rng) = (kills(), SeededRng::default());
    for _ in 0..kills {
        let (mut process, address) = start(&database, &catcher, key.to_str().unwrap()).await;
        load.server.send_replace(Some(address));
        // Killed at the n-th thing from now on that its clients or the mail server hear of it.
        let mut moment = [0; 2];
        rng.fill(&mut moment);
        let n = 1 + usize::from(moment[0]) % 64;
        if moment[1] % 2 == 0 {
            let before = catcher.heard().commands.len();
            catcher.until(|heard| heard.commands.len() >= before + n).await;
        } else {
            let before = load.promised.borrow().len();
            load.promised.subscribe().wait_for(|promised| promised.len() >= before + n).await.unwrap();
        }
        process.end();
        load.server.send_replace(None);
        end_leases(&pool).await;
    }
    clients.shutdown().await;
    send_the_rest(&pool, &catcher).await;
    fs::remove_dir_all(folder).unwrap();

    let (heard, mut sent) = (catcher.heard(), BTreeMap::new());
    for mail in 0..heard.mails.len() {
        let (to, identity) = identity(&heard, mail);
        let first = sent.entry(to).or_insert_with(|| identity.clone());
        assert_eq!(*first, identity, "a repeat is the same mail");
    }
    let promised = load.promised.borrow().clone();
    let lost: Vec<_> = promised.iter().filter(|email| !sent.contains_key(*email)).collect();
    let repeats = heard.mails.len() - sent.len();
    println!(
        "{kills} kills: {} mails promised, {} never sent; {} sent, {repeats} of them a second time",
        promised.len(),
        lost.len(),
        heard.mails.len(),
    );
    assert!(lost.is_empty() && promised.len() >= kills, "{lost:?}");
}
