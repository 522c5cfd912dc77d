//! P18: a network to the database that freezes. What is connected hears nothing any more, and who connects anew is served.

use domain::UserId;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError, StoreOptions};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use uuid::Uuid;

/// Any port: it only names the socket.
const PORT: u16 = 5432;

const NOBODY: UserId = UserId(Uuid::nil());

struct Network {
    folder: PathBuf,
    /// How often it froze.
    frozen: watch::Sender<u32>,
}

impl Network {
    /// A network before the database of `pool`, and how to go through it.
    fn before(pool: &PgPool) -> (Self, PgConnectOptions) {
        let real = pool.connect_options();
        let database = pool.connect_options().get_database().unwrap_or_default().to_owned();
        let folder = std::env::temp_dir().join(format!("frozen-{}-{database}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(format!(".s.PGSQL.{PORT}"))).unwrap();
        let frozen = watch::Sender::new(0);
        let options = real.as_ref().clone().socket(&folder).port(PORT);
        tokio::spawn(accept(listener, real, frozen.subscribe()));
        (Self { folder, frozen }, options)
    }

    /// The same, and a server with one connection through it.
    fn with_one_place(pool: &PgPool) -> (Self, Store) {
        let (network, connect) = Self::before(pool);
        let patient = Duration::from_secs(20);
        let one = StoreOptions { max_connections: 1, acquire_timeout: patient, ..StoreOptions::new(connect) };
        (network, Store::open(&one))
    }

    fn freeze(&self) {
        self.frozen.send_modify(|times| *times += 1);
    }
}

/// A connection that is frozen in the middle of a statement keeps no place among the others.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_connection_whose_network_froze_is_thrown_away(pool: PgPool) {
    let (network, store) = Network::with_one_place(&pool);
    let mut tx = store.begin().await.unwrap();
    network.freeze();
    let moment = Duration::from_millis(50);
    let answer = tokio::time::timeout(moment, store::users::lock(&mut tx, NOBODY)).await;
    assert!(answer.is_err());
    drop(tx);
    is_served(&store).await;
}

/// Nobody gives up a commit but itself, since it goes on without whoever asked for it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_commit_whose_network_froze_is_given_up_and_its_outcome_is_unknown(pool: PgPool) {
    let (network, store) = Network::with_one_place(&pool);
    let mut tx = store.begin().await.unwrap();
    assert!(store::users::lock(&mut tx, NOBODY).await.unwrap().is_none());
    network.freeze();
    assert!(matches!(tx.commit().await, Err(StoreError::Unconfirmed(_))));
    is_served(&store).await;
}

/// Whoever comes next gets another connection, in the place of the frozen one.
async fn is_served(store: &Store) {
    let mut next = store.begin().await.unwrap();
    assert!(store::users::lock(&mut next, NOBODY).await.unwrap().is_none());
}

impl Drop for Network {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

async fn accept(listener: UnixListener, real: Arc<PgConnectOptions>, frozen: watch::Receiver<u32>) {
    while let Ok((client, _)) = listener.accept().await {
        let mut frozen = frozen.clone();
        frozen.mark_unchanged();
        tokio::spawn(connect(client, real.clone(), frozen));
    }
}

async fn connect(client: UnixStream, real: Arc<PgConnectOptions>, frozen: watch::Receiver<u32>) {
    if let Some(folder) = real.get_socket() {
        let path = folder.join(format!(".s.PGSQL.{}", real.get_port()));
        pass(client, UnixStream::connect(path).await.unwrap(), frozen).await;
    } else {
        let server = TcpStream::connect((real.get_host(), real.get_port())).await.unwrap();
        pass(client, server, frozen).await;
    }
}

async fn pass(
    mut client: UnixStream,
    mut server: impl AsyncRead + AsyncWrite + Unpin,
    mut frozen: watch::Receiver<u32>,
) {
    let froze = tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => false,
        _ = frozen.changed() => true,
    };
    if froze {
        // Both stay open, and nothing passes.
        std::future::pending::<()>().await;
    }
}
