//! `server doctor` by the way that people come: TLS, a proxy, and a real server behind it.

use super::commands::{Running, start, url};
use super::doctor::{doctor, says};
use crate::mail::certificates::Authority;
use accounts::SigningKey;
use sqlx::PgPool;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

/// Where the proxy asks from, so that it can be told from who asks it.
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);

/// What the proxy does to requests and answers.
#[derive(Clone, Copy)]
struct Manner {
    /// What it adds to `X-Forwarded-For`; nothing where it leaves the header to clients.
    appends: Option<&'static str>,
    /// What it takes away of requests.
    swallows: &'static str,
    /// What it writes in place of another text in answers.
    changes: (&'static str, &'static str),
}

const GOOD: Manner = Manner { appends: Some("127.0.0.1"), swallows: "\0", changes: ("\0", "") };

#[derive(Clone)]
struct Proxy {
    tls: TlsAcceptor,
    upstream: Arc<Mutex<String>>,
    manner: Arc<Mutex<Manner>>,
}

impl Proxy {
    /// A proxy and its port.
    async fn start(authority: &Authority) -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy =
            Self { tls: authority.server(), upstream: Arc::default(), manner: Arc::new(Mutex::new(GOOD)) };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let proxy = serving.clone();
                tokio::spawn(async move {
                    let mut stream = proxy.tls.accept(stream).await.ok()?;
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(stream.read_u8().await.ok()?);
                    }
                    let answer = proxy.pass(String::from_utf8(head).unwrap()).await;
                    stream.write_all(&answer).await.ok()?;
                    stream.shutdown().await.ok()
                });
            }
        });
        (proxy, port)
    }

    async fn pass(&self, head: String) -> Vec<u8> {
        let (manner, upstream) = (*self.manner.lock().unwrap(), self.upstream.lock().unwrap().clone());
        let lines = head.trim_end().split("\r\n").filter(|line| !line.starts_with(manner.swallows));
        let lines = lines.map(|line| match manner.appends {
            Some(address) if line.starts_with("X-Forwarded-For") => format!("{line}, {address}"),
            _ => line.to_owned(),
        });
        let head = lines.collect::<Vec<_>>().join("\r\n") + "\r\n\r\n";
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((PROXY, 0))).unwrap();
        let Ok(mut server) = socket.connect(upstream.parse().unwrap()).await else {
            return b"HTTP/1.1 502 Bad Gateway\r\n\r\n".to_vec();
        };
        server.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        server.read_to_string(&mut answer).await.unwrap();
        answer.replace(manner.changes.0, manner.changes.1).into_bytes()
    }
}

/// A key that its owner alone reads.
fn key_file() -> String {
    static FILES: AtomicU32 = AtomicU32::new(0);
    let name = format!("way-{}-{}.pem", std::process::id(), FILES.fetch_add(1, Ordering::Relaxed));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_file(&path).ok();
    let file = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
    file.unwrap().write_all(SigningKey::generate_ed25519_pem().unwrap().as_bytes()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A site: its proxy, its address and its settings.
struct Site {
    proxy: Proxy,
    authority: Authority,
    settings: Vec<(&'static str, String)>,
}

impl Site {
    async fn new(pool: &PgPool) -> Self {
        let authority = Authority::new();
        let (proxy, port) = Proxy::start(&authority).await;
        let settings = vec![
            ("APP_ENV", "production".to_owned()),
            ("BASE_URL", format!("https://127.0.0.1:{port}")),
            ("SIGNING_KEY_FILE", key_file()),
            ("SHUTDOWN_DELAY_SECONDS", "0".to_owned()),
            ("DATABASE_URL", url(pool)),
        ];
        Self { proxy, authority, settings }
    }

    /// A server that trusts these proxies; it ends with its value.
    async fn serve(&self, trusted: &'static str) -> Running {
        let settings = self.trusting(trusted);
        let starting = move || start("", &pairs(&settings));
        let server = tokio::task::spawn_blocking(starting).await.unwrap();
        self.proxy.upstream.lock().unwrap().clone_from(&server.address);
        server
    }

    /// What doctor says, with the settings of that server.
    async fn doctor(&self, trusted: &'static str, manner: Manner, words: &[&'static str]) -> Vec<String> {
        *self.proxy.manner.lock().unwrap() = manner;
        let (settings, words, ca) = (self.trusting(trusted), words.to_vec(), self.authority.file());
        let looking = move || {
            let ca = ["--ca-file", ca.as_str()];
            let words = if words.is_empty() { ca.to_vec() } else { words };
            doctor(&words, &pairs(&settings)).1
        };
        tokio::task::spawn_blocking(looking).await.unwrap()
    }

    fn trusting(&self, trusted: &'static str) -> Vec<(&'static str, String)> {
        let mut settings = self.settings.clone();
        settings.push(("TRUSTED_PROXIES", trusted.to_owned()));
        settings
    }
}

fn pairs<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_way_that_people_come_is_tried_and_each_fault_of_a_proxy_is_named(pool: PgPool) {
    let (site, trusted) = (Site::new(&pool).await, "127.0.0.9");
    *site.proxy.upstream.lock().unwrap() = "127.0.0.1:1".to_owned();
    says(&site.doctor(trusted, GOOD, &[]).await, "warn", "proxy", "it answers 502");
    let _server = site.serve(trusted).await;
    let lines = site.doctor(trusted, GOOD, &[]).await;
    says(&lines, "ok", "proxy", "a request by 127.0.0.9 was seen as 127.0.0.1's");
    says(&lines, "ok", "cookies", "__Host-");
    says(&lines, "ok", "https", "Strict-Transport-Security");
    for (manner, part, named) in [
        (Manner { appends: None, ..GOOD }, "proxy", "passes on the X-Forwarded-For of clients"),
        (Manner { swallows: "X-Forwarded-For", ..GOOD }, "proxy", "127.0.0.9 sends no X-Forwarded-For"),
        (Manner { swallows: "doorstep-doctor", ..GOOD }, "proxy", "no server of this version"),
        (Manner { changes: ("; Secure", ""), ..GOOD }, "cookies", "did not arrive"),
        (Manner { changes: ("strict-transport-security", "x"), ..GOOD }, "https", "did not arrive"),
    ] {
        says(&site.doctor(trusted, manner, &[]).await, "FAIL", part, named);
    }
    // Public authorities do not know this one.
    says(&site.doctor(trusted, GOOD, &["--production"]).await, "FAIL", "proxy", "--ca-file");
    let elsewhere = site.doctor(trusted, GOOD, &["--at", "http://127.0.0.1:1"]).await;
    says(&elsewhere, "warn", "proxy", "cannot be reached");
}

/// As behind a balancer that shows a node's address, where nodes are trusted: who asks could be anybody.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_trusted_network_with_people_in_it_is_found(pool: PgPool) {
    let (site, nodes) = (Site::new(&pool).await, "127.0.0.0/8");
    let _server = site.serve(nodes).await;
    let by_a_node = Manner { appends: Some("127.0.0.77"), ..GOOD };
    says(&site.doctor(nodes, by_a_node, &[]).await, "FAIL", "proxy", "the proxy saw 127.0.0.77");
    says(&site.doctor(nodes, GOOD, &[]).await, "warn", "proxy", "ask from another machine");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_proxy_that_is_not_trusted_is_found(pool: PgPool) {
    let site = Site::new(&pool).await;
    let _server = site.serve("127.0.0.8").await;
    says(&site.doctor("127.0.0.8", GOOD, &[]).await, "FAIL", "proxy", "127.0.0.9 is not in TRUSTED_PROXIES");
}
