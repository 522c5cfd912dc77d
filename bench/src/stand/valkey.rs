//! A Valkey or Redis of a stand's own.

use super::child::Child;
use super::ports;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long it may take to its first answer.
const UP_WITHIN: Duration = Duration::from_mins(1);

/// A Valkey that can be killed and started again.
#[derive(Debug)]
pub struct Valkey {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Valkey {
    /// Starts the program that `VALKEY_SERVER` names.
    ///
    /// # Errors
    /// Where there is none, or it does not come up.
    pub async fn start(folder: &Path) -> Result<Self> {
        let Some(program) = std::env::var_os("VALKEY_SERVER").filter(|program| !program.is_empty()) else {
            bail!("VALKEY_SERVER names no Valkey or Redis");
        };
        let (program, folder) = (PathBuf::from(program), folder.to_owned());
        let mut valkey = Self { program, folder, port: ports::free()?, child: None };
        valkey.restart().await?;
        Ok(valkey)
    }

    /// Starts it anew, empty; one that runs is killed before.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill();
        let mut command = Command::new(&self.program);
        // As deploy/compose starts it.
        command.args(["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]);
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"]).arg(&self.folder);
        let child = self.child.insert(Child::start(&mut command, &self.folder.join("valkey.log"))?);
        let began = Instant::now();
        loop {
            let answers = TcpStream::connect(("127.0.0.1", self.port)).await.is_ok();
            // Whoever answers may be another, if this one found its port taken.
            if !child.runs() || began.elapsed() > UP_WITHIN {
                bail!("Valkey does not come up:\n{}", child.last_words());
            }
            if answers {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child = None;
    }

    /// SIGSTOP: it keeps its connections and says nothing.
    pub fn pause(&self) {
        self.child.iter().for_each(Child::pause);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.child.iter().for_each(Child::resume);
    }

    /// Its process id, 0 while it does not run.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::pid)
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// As `REDIS_URL` names it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }
}
