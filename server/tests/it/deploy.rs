//! The samples of deploy/proxies, each in front of a server, over TLS with a certificate made for the test. A proxy that
//! is not here is not tried: `cargo xtask test` brings Caddy and Traefik, and says where nginx is missing.

use crate::app::App;
use crate::process::Process;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::HeaderMap;
use server::http::serve::{Limits, Server};
use sqlx::PgPool;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use testkit::PASSWORD;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const HOST: &str = "accounts.example.com";
/// Another address of loopback than the proxy's, so that the two can be told apart.
const CLIENT: &str = "127.0.0.5";

/// A proxy with its server behind it.
struct Proxied {
    process: Process,
    folder: PathBuf,
    port: u16,
    app: App,
}

impl Drop for Proxied {
    fn drop(&mut self) {
        self.process.end();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// Where a program is, if it is here.
pub fn program(name: &str) -> Option<PathBuf> {
    let python = std::env::var_os("DOORSTEP_PYTHON").map(PathBuf::from);
    let beside = python.and_then(|python| Some(python.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(beside).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
    if found.is_none() {
        eprintln!("{name} is not here: its sample was not run");
    }
    found
}

/// A sample with the places of this test; each must stand in it.
fn sample(name: &str, places: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/proxies").join(name);
    let mut text = fs::read_to_string(path).unwrap();
    // The proxy closes an idle connection before the server does.
    assert!(text.contains("60s") && Limits::default().keep_alive.as_secs() > 60);
    for (place, here) in places {
        assert!(text.contains(place), "{place}");
        text = text.replace(place, here);
    }
    text
}

/// Below those that the kernel gives to connections, and to whoever asks for any: these could take it before it is used.
pub async fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Several runs at once begin at different places.
    let start = std::process::id().wrapping_mul(7919) % COUNT;
    for _ in 0..COUNT {
        let next = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(next).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).await.is_ok() {
            return port;
        }
    }
    panic!("no port is free");
}

/// What the server sees of a request.
async fn seen(ConnectInfo(peer): ConnectInfo<SocketAddr>, headers: HeaderMap) -> String {
    let header = |name: &str| {
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap());
        values.collect::<Vec<_>>().join(", ")
    };
    let (host, proto) = (header("host"), header("x-forwarded-proto"));
    let traces = header("traceparent") + &header("tracestate");
    format!("host={host}\nproto={proto}\nfor={}\npeer={peer}\ntraces={traces}\n", header("x-forwarded-for"))
}

impl Proxied {
    /// Starts a proxy by what `command` makes of the folder, its port and the server's address.
    async fn new(pool: PgPool, command: impl AsyncFnOnce(&Path, u16, &str) -> Command) -> Self {
        let app = App::https(pool).serving(Router::new().route("/seen", get(seen)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap().to_string();
        let server = Server {
            router: app.router(),
            limits: Limits::default(),
            proxies: app.state.proxies.clone(),
            stopping: CancellationToken::new(),
        };
        tokio::spawn(server.run(listener, std::future::pending()));
        let port = free_port().await;
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("proxy-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        certificate(&folder);
        let mut command = command(&folder, port, &upstream).await;
        let log = fs::File::create(folder.join("log")).unwrap();
        command.env("HOME", &folder).current_dir(&folder).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut proxied = Self { process: Process::spawn(&mut command), folder, port, app };
        proxied.begun().await;
        proxied
    }

    async fn begun(&mut self) {
        let (began, mut turns) = (Instant::now(), tokio::time::interval(Duration::from_millis(20)));
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            let ended = self.process.try_wait().unwrap().is_some();
            let waits = !ended && began.elapsed() < Duration::from_mins(2);
            assert!(waits, "{}", fs::read_to_string(self.folder.join("log")).unwrap());
            turns.tick().await;
        }
        // It listens before it knows its routes.
        for _ in 0..200 {
            if self.curl("/readyz", &[]).await.ends_with("ready\n") {
                return;
            }
        }
        panic!("{}", fs::read_to_string(self.folder.join("log")).unwrap());
    }

    /// The head and the body of an answer.
    async fn curl(&self, path: &str, words: &[&str]) -> String {
        let mut command = Command::new("curl");
        command.args(["--silent", "--include", "--max-time", "30", "--noproxy", "*", "--interface", CLIENT]);
        command.arg("--cacert").arg(self.folder.join("tls.pem"));
        command.args(["--connect-to", &format!("{HOST}:443:127.0.0.1:{}", self.port)]);
        command.arg(format!("https://{HOST}{path}")).args(words);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What every sample has to bring about.
    async fn does_its_part(self) {
        let forged = ["-H", "X-Forwarded-For: 6.6.6.6", "-H", "X-Forwarded-Proto: http"];
        let trace = "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let first =
            self.curl("/seen", &[&forged[..], &["-H", trace, "-H", "Tracestate: x=1"]].concat()).await;
        let again = self.curl("/seen", &forged).await;
        let line = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
        };
        assert_eq!(line(&first, "host"), HOST);
        assert_eq!(line(&first, "proto"), "https");
        assert_eq!(line(&first, "for").rsplit(", ").next(), Some(CLIENT));
        assert_eq!(line(&first, "traces"), "", "a stranger's trace was handed on");
        assert_eq!(line(&first, "peer"), line(&again, "peer"), "its connection is kept");

        let account = format!(r#"{{"email": "ana@example.com", "password": "{PASSWORD}"}}"#);
        let json = ["-H", "Content-Type: application/json", "-d", &account];
        let answer = self.curl("/api/v1/users", &json).await;
        assert!(answer.contains(" 201"), "{answer}");
        let (origin, password) = (format!("Origin: https://{HOST}"), format!("form[password]={PASSWORD}"));
        let form = ["-H", &origin, "--data-urlencode", "form[identifier]=ana@example.com"];
        let form = [&form[..], &["--data-urlencode", &password, "-H", "Accept: text/html"], &forged].concat();
        let answer = self.curl("/fn/login", &form).await.to_lowercase();
        assert!(
            answer.contains("\nlocation: /account") && answer.contains("\nset-cookie: __host-token="),
            "{answer}"
        );
        let sql = "SELECT DISTINCT address FROM audit_details WHERE address IS NOT NULL";
        let addresses: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.app.world.pool).await.unwrap();
        assert_eq!(addresses, [CLIENT]);
    }
}

/// Pages are led on to TLS. A program that sends in clear is told so: led on, it would go on sending its token in clear.
async fn refuses_calls_in_clear(port: u16) {
    for (path, expected) in
        [("/login", "301 https://accounts.example.com/login"), ("/api/v1/users/me", "403 ")]
    {
        let mut command = Command::new("curl");
        command.args(["--silent", "--output", "/dev/null", "--max-time", "30", "--noproxy", "*"]);
        command.args(["--write-out", "%{http_code} %{redirect_url}"]);
        command.args(["--connect-to", &format!("{HOST}:{port}:127.0.0.1:{port}")]);
        command.arg(format!("http://{HOST}:{port}{path}"));
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        // Each knows of TLS at its usual port alone.
        let answer = String::from_utf8_lossy(&output.stdout).replace(&format!(":{port}"), "");
        assert_eq!(answer, expected, "{path}");
    }
}

fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args(["-subj", &format!("/CN={HOST}"), "-addext", &format!("subjectAltName=DNS:{HOST}")]);
    openssl.arg("-out").arg(folder.join("tls.pem")).arg("-keyout").arg(folder.join("tls.key"));
    let made = openssl.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nginx_does_its_part(pool: PgPool) {
    let Some(nginx) = program("nginx") else { return };
    let clear = free_port().await;
    let proxied = Proxied::new(pool, async |folder: &Path, port, upstream: &str| {
        let here = folder.display().to_string();
        let plain = format!("listen 127.0.0.1:{clear};");
        let text = sample(
            "nginx.conf",
            &[
                ("listen [::]:80;", ""),
                ("listen [::]:443 ssl http2;", ""),
                ("listen 80;", &plain),
                ("listen 443 ssl http2;", &format!("listen 127.0.0.1:{port} ssl http2;")),
                ("/etc/ssl/accounts.example.com", &format!("{here}/tls")),
                ("127.0.0.1:8000", upstream),
            ],
        );
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {here}/{kind};\n"))
            .concat();
        let whole = format!(
            "daemon off; master_process off; pid {here}/pid; error_log stderr; events {{}}\n\
             http {{ access_log off;\n{folders}{text}}}"
        );
        fs::write(folder.join("nginx.conf"), whole).unwrap();
        let mut command = Command::new(nginx);
        command.args(["-e", "stderr", "-p"]).arg(folder).arg("-c").arg(folder.join("nginx.conf"));
        command
    });
    let proxied = proxied.await;
    refuses_calls_in_clear(clear).await;
    proxied.does_its_part().await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn caddy_does_its_part(pool: PgPool) {
    let Some(caddy) = program("caddy") else { return };
    let clear = free_port().await;
    let proxied = Proxied::new(pool, async |folder: &Path, port, upstream: &str| {
        let here = folder.display();
        let site = format!(
            "{{\nadmin off\nauto_https disable_redirects\n}}\nhttps://{HOST}:{port} {{\nbind 127.0.0.1\n\
             tls {here}/tls.pem {here}/tls.key"
        );
        let plain = format!("http://{HOST}:{clear} {{\nbind 127.0.0.1");
        let places = [
            ("http://accounts.example.com {", plain.as_str()),
            ("accounts.example.com {", site.as_str()),
            ("127.0.0.1:8000", upstream),
        ];
        let text = sample("Caddyfile", &places);
        fs::write(folder.join("Caddyfile"), text).unwrap();
        let mut command = Command::new(caddy);
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
        command
    });
    let proxied = proxied.await;
    refuses_calls_in_clear(clear).await;
    proxied.does_its_part().await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn traefik_does_its_part(pool: PgPool) {
    let Some(traefik) = program("traefik") else { return };
    let proxied = Proxied::new(pool, async |folder: &Path, port, upstream: &str| {
        let here = format!("{}/tls", folder.display());
        let places = [("/etc/ssl/accounts.example.com", here.as_str()), ("127.0.0.1:8000", upstream)];
        fs::write(folder.join("doorstep.yml"), sample("traefik.yml", &places)).unwrap();
        let mut command = Command::new(traefik);
        command.args(["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"]);
        command.arg(format!("--entryPoints.websecure.address=127.0.0.1:{port}"));
        command.arg(format!("--providers.file.filename={}", folder.join("doorstep.yml").display()));
        command
    });
    proxied.await.does_its_part().await;
}

/// Also those that are not run here.
#[test]
fn each_sample_of_a_proxy_takes_a_stranger_s_trace_away() {
    for (name, words) in [
        ("proxies/nginx.conf", "proxy_set_header HEADER \"\";"),
        ("proxies/Caddyfile", "header_up -HEADER"),
        ("proxies/traefik.yml", "HEADER: \"\""),
        ("compose/haproxy/http.cfg", "http-request del-header HEADER unless from_a_proxy_of_ours"),
        ("compose/haproxy/https.cfg", "http-request del-header HEADER"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name);
        let text = fs::read_to_string(path).unwrap();
        for header in ["traceparent", "tracestate"] {
            let words = words.replace("HEADER", header);
            assert!(text.lines().any(|line| line.trim() == words), "{name}: {words}");
        }
    }
}

/// The unit is checked where systemd is, by its own tool.
#[test]
fn the_unit_is_one_that_systemd_takes() {
    let Some(analyze) = program("systemd-analyze") else { return };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd/doorstep.service");
    let text = fs::read_to_string(path).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("unit-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let unit = folder.join("doorstep.service");
    fs::write(&unit, text.replace("/opt/doorstep/server", env!("CARGO_BIN_EXE_server"))).unwrap();
    let output = Command::new(analyze).args(["verify", "--man=no"]).arg(&unit).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    fs::remove_dir_all(folder).unwrap();
    assert!(output.status.success() && !told.contains("doorstep.service"), "{told}");
    // The stop is given the time that it takes: the moment of notice, and the drain.
    let seconds = text.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")?.parse::<u64>().ok());
    assert!(seconds.unwrap() > 5 + Limits::default().drain.as_secs());
}
