//! One server process.

use super::child::{self, Child};
use super::client::Client;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a server may take to its first yes.
const READY: Duration = Duration::from_mins(1);

/// A server with its port, its settings and its log; it may run or not.
#[derive(Debug)]
pub struct Server {
    /// The program; another one is taken from the next start on.
    pub binary: PathBuf,
    port: u16,
    settings: Vec<(String, String)>,
    folder: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Server {
    pub(crate) fn new(
        binary: PathBuf,
        port: u16,
        settings: Vec<(String, String)>,
        folder: &Path,
        number: usize,
    ) -> Self {
        let log = folder.join(format!("server-{number}.log"));
        Self { binary, port, settings, folder: folder.to_owned(), log, child: None }
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A client of its own connection.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(self.port)
    }

    /// A setting that counts from the next start on.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.into()));
    }

    /// A setting as it counts now.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Its process id, 0 while it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::pid)
    }

    /// The processor time that it has used.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        child::cpu(self.pid())
    }

    /// Its memory in RAM, in bytes.
    #[must_use]
    pub fn rss(&self) -> u64 {
        child::rss(self.pid())
    }

    /// Where its log is.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// A command of its program with its settings, as `server migrate`.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", self.port));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).args(words);
        command
    }

    /// Starts it without waiting.
    ///
    /// # Errors
    /// Where the program cannot be started.
    pub fn spawn(&mut self) -> Result<()> {
        self.kill();
        self.child = Some(Child::start(&mut self.command(&["serve"]), &self.log)?);
        Ok(())
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// Where it ends, or is not ready within a minute.
    pub async fn ready(&mut self) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let is_ready = self.is_ready().await;
            let child = self.child.as_mut().context("it was not started")?;
            // Whoever answers may be another, if this one found its port taken.
            if !child.runs() || began.elapsed() > READY {
                bail!("the server is not ready:\n{}", child.last_words());
            }
            if is_ready {
                return Ok(began.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether it says that it is ready.
    pub async fn is_ready(&self) -> bool {
        let mut client = self.client().within(Duration::from_secs(5));
        client.get("/readyz").await.is_ok_and(|answer| answer.status == 200)
    }

    /// Starts it, and waits until it is ready; says how long that took.
    ///
    /// # Errors
    /// As [`Server::spawn`] and [`Server::ready`].
    pub async fn start(&mut self) -> Result<Duration> {
        self.spawn()?;
        self.ready().await
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// SIGSTOP.
    pub fn pause(&self) {
        self.child.iter().for_each(Child::pause);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.child.iter().for_each(Child::resume);
    }

    /// SIGTERM, and says how long it took to its end.
    ///
    /// # Errors
    /// Where it still runs a minute later.
    pub async fn stop(&mut self) -> Result<Duration> {
        let began = Instant::now();
        if let Some(mut child) = self.child.take() {
            child.ask_to_end();
            child.ended(Duration::from_mins(1)).await?;
        }
        Ok(began.elapsed())
    }
}
