//! A database that can be cut off and come back: a socket between the server and the real one.

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;

/// Any port: it only names the socket.
const PORT: u16 = 5432;

/// The way to the database, open or cut.
pub struct Outage {
    folder: PathBuf,
    open: watch::Sender<bool>,
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
        let (open, gate) = watch::channel(true);
        let options = real.as_ref().clone().socket(&folder).port(PORT);
        tokio::spawn(accept(listener, real, gate));
        (Self { folder, open }, options)
    }

    /// Ends every connection and lets none through.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.open.send_replace(true);
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

async fn accept(listener: UnixListener, real: Arc<PgConnectOptions>, gate: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        if *gate.borrow() {
            tokio::spawn(connect(client, real.clone(), gate.clone()));
        }
    }
}

async fn connect(client: UnixStream, real: Arc<PgConnectOptions>, gate: watch::Receiver<bool>) {
    if let Some(folder) = real.get_socket() {
        let path = folder.join(format!(".s.PGSQL.{}", real.get_port()));
        pass(client, UnixStream::connect(path).await.unwrap(), gate).await;
    } else {
        let server = TcpStream::connect((real.get_host(), real.get_port())).await.unwrap();
        pass(client, server, gate).await;
    }
}

async fn pass(
    mut client: UnixStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    mut gate: watch::Receiver<bool>,
) {
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = gate.wait_for(|open| !open) => {}
    }
}
