use crate::app::App;
use serde_json::Value;
use server::http::serve::{Limits, Server};
use sqlx::PgPool;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::Stores;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What sends a block's requests to a server that does not listen where the block says.
const MAPPED: &str = "\
import atexit, socket, sys
original = socket.getaddrinfo
def mapped(host, port, *rest, **named):
    if (host, port) == ('localhost', 8000):
        host, port = '127.0.0.1', PORT
    return original(host, port, *rest, **named)
socket.getaddrinfo = mapped
def told():
    response = getattr(sys.modules['__main__'], 'response', None)
    if response is not None:
        print(response.status_code)
        print(response.text)
atexit.register(told)
";

/// A server on a port of its own, under the policy of `--as-seeds`, and a folder to type commands in.
pub struct Served {
    pub app: App,
    address: SocketAddr,
    folder: PathBuf,
    _stores: Stores,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// With its head, where the block asks for it.
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        let body = self.text.split_once("\r\n\r\n").map_or(self.text.as_str(), |(_, body)| body);
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }

    /// A text of the answer.
    #[track_caller]
    pub fn text_of(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("{name}: {}", self.text)).to_owned()
    }
}

impl Served {
    pub async fn new(pool: PgPool) -> Self {
        Self::over(Stores::without_redis(pool)).await
    }

    /// The same, which counts its limits there.
    pub async fn over(stores: Stores) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let policy = super::config("DATABASE_URL=postgres://localhost/none\nAS_SEEDS=true").unwrap();
        let world = stores.world_with(|settings| {
            settings.password_min_length = policy.password_min_length;
            settings.password_min_score = policy.password_min_score;
            settings.deletion_grace_days = policy.deletion_grace_days;
        });
        let app = App::with(world, |_| ());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = server::app::router(app.state.clone());
        let (limits, stopping) = (Limits::default(), CancellationToken::new());
        let server = Server { router, limits, proxies: Arc::default(), stopping };
        tokio::spawn(server.run(listener, std::future::pending()));
        let name = format!("seed-{}-{}", std::process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let port = address.port();
        let curlrc = format!(
            "silent\nshow-error\nmax-time = 30\nnoproxy = \"*\"\nconnect-to = \"localhost:8000:127.0.0.1:{port}\"\n\
             write-out = \"\\n%{{http_code}}\"\n"
        );
        fs::write(folder.join(".curlrc"), curlrc).unwrap();
        fs::write(folder.join("sitecustomize.py"), MAPPED.replace("PORT", &port.to_string())).unwrap();
        Self { app, address, folder, _stores: stores }
    }

    /// Runs a block with one curl command in it.
    pub async fn bash(&self, block: &str) -> Reply {
        let mut bash = Command::new("bash");
        bash.args(["-c", block]).env("CURL_HOME", &self.folder);
        let (text, status) = self.run(bash).await;
        let (text, code) = text.rsplit_once('\n').unwrap();
        assert!(status.success(), "{block}\n{text}");
        Reply { status: code.parse().unwrap(), text: text.to_owned() }
    }

    /// Runs a program in Python; the reply is what its variable `response` holds in the end.
    pub async fn python(&self, block: &str) -> Reply {
        let python = std::env::var_os("DOORSTEP_PYTHON").unwrap_or_else(|| "python3".into());
        let mut asked = Command::new(&python);
        let has_requests = self.output(asked.args(["-c", "import requests"])).await;
        assert!(
            has_requests.is_some_and(|output| output.status.success()),
            "this test needs a Python with the package `requests`: name its interpreter in DOORSTEP_PYTHON"
        );
        fs::write(self.folder.join("block.py"), block).unwrap();
        let mut run = Command::new(&python);
        run.arg("block.py").env("PYTHONPATH", &self.folder).env("NO_PROXY", "*");
        let (text, status) = self.run(run).await;
        assert!(status.success(), "{text}");
        let (code, text) = text.split_once('\n').unwrap();
        Reply { status: code.trim().parse().unwrap(), text: text.trim_end().to_owned() }
    }

    /// Sends what a block of HTTP prints, and what its notation leaves out.
    pub async fn http(&self, block: &str) -> Reply {
        let (head, body) = block.split_once("\n\n").unwrap_or((block, ""));
        let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
        let headers: String = headers.lines().flat_map(|line| [line, "\r\n"]).collect();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost:8000\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, text: answer }
    }

    async fn run(&self, mut command: Command) -> (String, std::process::ExitStatus) {
        let Output { status, stdout, stderr } = self.output(&mut command).await.unwrap();
        (format!("{}{}", String::from_utf8_lossy(&stderr), String::from_utf8_lossy(&stdout)), status)
    }

    /// What a program says; none where it does not run. The server goes on meanwhile.
    async fn output(&self, command: &mut Command) -> Option<Output> {
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().ok()?;
        tokio::task::spawn_blocking(|| child.wait_with_output().ok()).await.unwrap()
    }

    /// A file that a block has written.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}
