//! A TCP proxy that can be told to fail. What its peers see is an application that hangs, or a connection that is reset;
//! the kernel still acknowledges what they send.

use anyhow::Result;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to the bytes of every connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They pass.
    Pass,
    /// New connections are reset at once; those that are there go on.
    Refuse,
    /// They are held back, in both directions, until another mode lets them pass.
    BlackHole,
    /// Each piece is held back for a while.
    Delay(Duration),
}

/// A proxy before one address.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    target: u16,
    mode: watch::Sender<Mode>,
    /// How often all connections were reset.
    cuts: watch::Sender<u64>,
    /// Connections of a lower number are frozen.
    frozen: watch::Sender<u64>,
    /// How many commits are still to be lost, before Postgres sees them, and after.
    before: AtomicUsize,
    after: AtomicUsize,
    connections: AtomicU64,
}

impl Proxy {
    /// A proxy before a port of this machine.
    ///
    /// # Errors
    /// Where no port is to be had.
    pub async fn before(target: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            target,
            mode: watch::Sender::new(Mode::Pass),
            cuts: watch::Sender::new(0),
            frozen: watch::Sender::new(0),
            before: AtomicUsize::new(0),
            after: AtomicUsize::new(0),
            connections: AtomicU64::new(0),
        });
        let accepting = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = accepting.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(stream, accepting.clone(), number));
            }
        });
        Ok(Self { port, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections were opened so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// What happens from now on.
    pub fn set(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
    }

    /// Passes nothing on any more for the connections that are there, and resets none: as a firewall that has forgotten
    /// them.
    pub fn freeze_open(&self) {
        self.shared.frozen.send_replace(self.shared.connections.load(Ordering::SeqCst));
    }

    /// Resets every connection that is there.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Resets the next connections that send `COMMIT`, without passing it on: nothing is committed.
    pub fn cut_before_commits(&self, count: usize) {
        self.shared.before.store(count, Ordering::SeqCst);
    }

    /// Resets the next connections that send `COMMIT` once Postgres has answered it: all is committed, and nobody is told.
    pub fn cut_after_commits(&self, count: usize) {
        self.shared.after.store(count, Ordering::SeqCst);
    }

    /// How many of the commits that were to be lost are still to come.
    #[must_use]
    pub fn commits_to_lose(&self) -> usize {
        self.shared.before.load(Ordering::SeqCst) + self.shared.after.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn carry(mut near: TcpStream, shared: Arc<Shared>, number: u64) -> io::Result<()> {
    // Seen as they are now: a connection that is accepted while all are cut is new.
    let (mut mode, mut cuts) = (shared.mode.subscribe(), shared.cuts.subscribe());
    cuts.mark_unchanged();
    if *mode.borrow() == Mode::Refuse {
        return near.set_zero_linger();
    }
    mode.wait_for(|mode| *mode != Mode::BlackHole).await.map_err(io::Error::other)?;
    let mut far = TcpStream::connect(("127.0.0.1", shared.target)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let is_reset = {
        let (near_read, near_write) = near.split();
        let (far_read, far_write) = far.split();
        let losing = AtomicUsize::new(0);
        let up = Pump { shared: &shared, losing: &losing, up: true, number };
        let down = Pump { shared: &shared, losing: &losing, up: false, number };
        tokio::select! {
            ended = up.run(near_read, far_write) => matches!(ended, Ok(End::Reset)),
            ended = down.run(far_read, near_write) => matches!(ended, Ok(End::Reset)),
            _ = cuts.changed() => true,
        }
    };
    if is_reset {
        near.set_zero_linger()?;
        far.set_zero_linger()?;
    }
    Ok(())
}

/// How one direction of a connection ended.
enum End {
    Closed,
    Reset,
}

/// One direction of a connection.
struct Pump<'a> {
    shared: &'a Shared,
    /// 1 once this connection's commit is under way whose answer is to be lost.
    losing: &'a AtomicUsize,
    up: bool,
    /// Which connection it is, in the order of their opening.
    number: u64,
}

impl Pump<'_> {
    async fn run(self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<End> {
        let mut mode = self.shared.mode.subscribe();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).await?;
            let piece = &buffer[..count];
            if piece.is_empty() {
                return Ok(End::Closed);
            }
            let now = *mode.wait_for(|mode| *mode != Mode::BlackHole).await.map_err(io::Error::other)?;
            if *self.shared.frozen.borrow() > self.number {
                return std::future::pending().await;
            }
            if let Mode::Delay(delay) = now {
                tokio::time::sleep(delay).await;
            }
            if self.loses(piece) {
                return Ok(End::Reset);
            }
            to.write_all(piece).await?;
        }
    }

    /// Whether the connection ends before this piece is passed on.
    fn loses(&self, piece: &[u8]) -> bool {
        if !self.up {
            return self.losing.load(Ordering::SeqCst) > 0;
        }
        if !piece.windows(6).any(|word| word == b"COMMIT") {
            return false;
        }
        if take(&self.shared.before) {
            return true;
        }
        if take(&self.shared.after) {
            self.losing.store(1, Ordering::SeqCst);
        }
        false
    }
}

/// Takes one of a count, if there is one.
fn take(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}
