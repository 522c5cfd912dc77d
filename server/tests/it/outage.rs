//! A database that can be cut off and come back: a socket between the server and the real one. It can also freeze, and lose
//! the answers to commits, which then are done and not confirmed.

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;

/// Any port: it only names the socket.
const PORT: u16 = 5432;

/// What the server answers when it has committed (`CommandComplete`).
const COMMIT: &[u8] = b"COMMIT\0";
/// What it says of a transaction whose commit is to be lost (`NoticeResponse`), once these are run: what counts tries
/// commits by itself, and nobody is told of that.
const MARK: &[u8] = b"lose this commit";
pub const MARKS: [&str; 3] = [
    "CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE NOTICE 'lose this commit'; RETURN NULL; END $$",
    "CREATE TRIGGER mark AFTER INSERT ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION mark()",
    "CREATE TRIGGER mark AFTER INSERT ON refresh_tokens FOR EACH STATEMENT EXECUTE FUNCTION mark()",
];

/// What the way to the database lets through.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Open,
    Cut,
    /// Nothing, and no connection ends.
    Frozen,
    /// A marked commit, but not its answer: the connection ends instead.
    Unconfirmed,
}

/// The way to the database.
pub struct Outage {
    folder: PathBuf,
    way: watch::Sender<Way>,
}

impl Outage {
    /// A way to the database of `pool`, and how to take it.
    pub fn new(pool: &PgPool) -> (Self, PgConnectOptions) {
        let real = pool.connect_options();
        let name = real.get_database().unwrap_or("db").replace(|c: char| !c.is_ascii_alphanumeric(), "");
        // Sockets have short paths: the target folder may be too deep.
        let folder = std::env::temp_dir().join(format!(
            "cut-{}-{}",
            std::process::id(),
            &name[name.len().saturating_sub(12)..]
        ));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(format!(".s.PGSQL.{PORT}"))).unwrap();
        let (way, gate) = watch::channel(Way::Open);
        let options = real.as_ref().clone().socket(&folder).port(PORT);
        tokio::spawn(accept(listener, real, gate));
        (Self { folder, way }, options)
    }

    /// Ends every connection and lets none through.
    pub fn cut(&self) {
        self.way.send_replace(Way::Cut);
    }

    /// Lets nothing through any more, and ends no connection.
    pub fn freeze(&self) {
        self.way.send_replace(Way::Frozen);
    }

    /// Ends each connection that commits what is marked, once the database has done it.
    pub fn lose_commits(&self) {
        self.way.send_replace(Way::Unconfirmed);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.way.send_replace(Way::Open);
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

async fn accept(listener: UnixListener, real: Arc<PgConnectOptions>, gate: watch::Receiver<Way>) {
    while let Ok((client, _)) = listener.accept().await {
        if *gate.borrow() != Way::Cut {
            tokio::spawn(connect(client, real.clone(), gate.clone()));
        }
    }
}

async fn connect(client: UnixStream, real: Arc<PgConnectOptions>, gate: watch::Receiver<Way>) {
    if let Some(folder) = real.get_socket() {
        let path = folder.join(format!(".s.PGSQL.{}", real.get_port()));
        pass(client, UnixStream::connect(path).await.unwrap(), gate).await;
    } else {
        let server = TcpStream::connect((real.get_host(), real.get_port())).await.unwrap();
        pass(client, server, gate).await;
    }
}

async fn pass(client: UnixStream, server: impl AsyncRead + AsyncWrite, gate: watch::Receiver<Way>) {
    let ((from_client, mut to_client), (from_server, to_server)) = (split(client), split(server));
    let (way, frozen, thawed) = (gate.clone(), gate.clone(), gate.clone());
    tokio::select! {
        () = answers(from_server, &mut to_client, &way) => {}
        () = requests(from_client, to_server) => {}
        () = until(gate, |way| way == Way::Cut) => {}
        // Both ends are held, and nobody reads.
        () = until(frozen, |way| way == Way::Frozen) => until(thawed, |way| way != Way::Frozen).await,
    }
}

async fn until(mut gate: watch::Receiver<Way>, wanted: fn(Way) -> bool) {
    gate.wait_for(|way| wanted(*way)).await.ok();
}

async fn requests(mut client: impl AsyncRead + Unpin, mut server: impl AsyncWrite + Unpin) {
    copy(&mut client, &mut server).await.ok();
}

/// Ends where an answer must not come through. A commit is answered alone, in one piece.
async fn answers(
    mut server: impl AsyncRead + Unpin,
    client: &mut (impl AsyncWrite + Unpin),
    way: &watch::Receiver<Way>,
) {
    let (mut bytes, mut marked) = (vec![0; 64 * 1024], false);
    while let Ok(count @ 1..) = server.read(&mut bytes).await {
        let answer = &bytes[..count];
        let holds = |text: &[u8]| answer.windows(text.len()).any(|part| part == text);
        marked |= holds(MARK);
        let lost = marked && holds(COMMIT) && *way.borrow() == Way::Unconfirmed;
        marked &= !holds(COMMIT);
        if lost || client.write_all(answer).await.is_err() {
            return;
        }
    }
}
