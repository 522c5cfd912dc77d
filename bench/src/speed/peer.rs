//! The peers of bench/peers/bare: started, and ended.

use crate::stand::child::Child;
use crate::stand::ports;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// A server that is no server of ours.
pub(super) struct Peer {
    child: Child,
    port: u16,
}

/// The program, which `cargo xtask bench` builds.
pub(super) fn program() -> Result<PathBuf> {
    Ok(std::env::var_os("BENCH_PEER").context("BENCH_PEER names no program")?.into())
}

impl Peer {
    /// One of bench/peers/bare.
    pub(super) async fn start(name: &str, folder: &Path) -> Result<Self> {
        let port = ports::free()?;
        let mut command = Command::new(program()?);
        command.args([name, &format!("127.0.0.1:{port}")]);
        Self::wait(&mut command, port, &folder.join(format!("{name}.log"))).await
    }

    /// Any program, once it listens.
    pub(super) async fn wait(command: &mut Command, port: u16, log: &Path) -> Result<Self> {
        let mut child = Child::start(command, log)?;
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if !child.runs() || began.elapsed() > Duration::from_mins(1) {
                bail!("the peer does not listen:\n{}", child.last_words());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self { child, port })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.pid()
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Asks it to end, so that whatever it started ends with it.
    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.ask_to_end();
        self.child.ended(Duration::from_secs(20)).await.map(drop)
    }
}

impl Drop for Peer {
    /// What it started, as uvicorn its workers, would outlive it where a run is interrupted.
    fn drop(&mut self) {
        if self.child.runs() {
            self.child.kill_family();
        }
    }
}
