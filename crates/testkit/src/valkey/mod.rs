//! A Valkey or Redis of a test's own, in memory alone, which can fail in every way that is known.

mod cluster;
mod slow;
#[cfg(test)]
mod tests;
mod wire;

pub use cluster::ValkeyCluster;
pub use slow::SlowWay;
pub use wire::Reply;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// What a server says whose port somebody else has.
const TAKEN: &str = "Address already in use";

/// A running server, which ends with the test, also with one that fails.
#[derive(Debug)]
pub struct Valkey {
    process: Child,
    port: u16,
    folder: PathBuf,
    settings: Vec<String>,
}

impl Valkey {
    /// An empty server on a free port of loopback.
    #[must_use]
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with settings of its own, as on a command line: `["--requirepass", "canary"]`.
    #[must_use]
    pub fn with(settings: &[&str]) -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("valkey-{}-{number}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let settings: Vec<String> = settings.iter().copied().map(str::to_owned).collect();
        // Somebody else may take the port meanwhile.
        for _ in 0..10 {
            let port = free_port();
            match launch(&folder, port, &settings) {
                Ok(process) => return Self { process, port, folder, settings },
                Err(said) => assert!(said.contains(TAKEN), "{said}"),
            }
        }
        panic!("no port is free");
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, as `REDIS_URL` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// What it answers to a command.
    ///
    /// # Panics
    /// Where it refuses.
    pub fn ask(&self, words: &[&str]) -> Reply {
        wire::ask(self.port, words).unwrap_or_else(|said| panic!("{words:?}: {said}"))
    }

    /// Connections stay, and nothing is answered.
    pub fn stop(&self) {
        self.signal("STOP");
    }

    /// After [`Self::stop`].
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    /// It is gone without a word, and all that it held.
    pub fn kill(&mut self) {
        self.process.kill().ok();
        self.process.wait().unwrap();
    }

    /// After [`Self::kill`]: empty, on the same port.
    pub fn restart(&mut self) {
        // Somebody may have taken the port for a moment.
        until("the port is free again", || match launch(&self.folder, self.port, &self.settings) {
            Ok(process) => {
                self.process = process;
                true
            }
            Err(said) => {
                assert!(said.contains(TAKEN), "{said}");
                false
            }
        });
    }

    /// It forgets everything, also the scripts.
    pub fn flush(&self) {
        self.ask(&["FLUSHALL"]);
        self.ask(&["SCRIPT", "FLUSH"]);
    }

    /// Another value of a setting, from now on.
    pub fn config_set(&self, name: &str, value: &str) {
        self.ask(&["CONFIG", "SET", name, value]);
    }

    /// It takes nothing new: `noeviction` is what it does by default.
    pub fn fill(&self) {
        self.config_set("maxmemory", "1");
    }

    /// After [`Self::fill`].
    pub fn make_room(&self) {
        self.config_set("maxmemory", "0");
    }

    /// It only reads from now on, as a former primary does after a failover.
    pub fn follow(&self, primary: &Self) {
        self.ask(&["REPLICAOF", "127.0.0.1", &primary.port.to_string()]);
        until("the replica is there", || self.info("replication").contains("master_link_status:up"));
    }

    /// After [`Self::follow`]: it takes writes again.
    pub fn lead(&self) {
        self.ask(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Each key that it holds.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.ask(&["KEYS", "*"]).into_texts()
    }

    /// Each key that it holds has another type from now on. Returns how many there are.
    pub fn spoil_keys(&self) -> usize {
        let keys = self.keys();
        for key in &keys {
            self.ask(&["DEL", key]);
            self.ask(&["RPUSH", key, "spoilt"]);
        }
        keys.len()
    }

    /// A section of what it says of itself.
    #[must_use]
    pub fn info(&self, section: &str) -> String {
        self.ask(&["INFO", section]).into_text()
    }

    /// Microseconds by its own clock.
    #[must_use]
    pub fn time(&self) -> i64 {
        let parts = self.ask(&["TIME"]).into_texts();
        let [seconds, micros] = [&parts[0], &parts[1]].map(|part| part.parse::<i64>().unwrap());
        seconds * 1_000_000 + micros
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }
}

impl Drop for Valkey {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// What `cargo xtask test` has found.
fn program() -> PathBuf {
    let named = env::var_os("VALKEY_SERVER").filter(|named| !named.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| {
        panic!(
            "this test needs a Valkey or Redis of version 7 or newer: name its server's program in VALKEY_SERVER, or run \
             the tests by `cargo xtask test`, which brings one"
        )
    })
}

/// A server that is ready; else what it said.
fn launch(folder: &Path, port: u16, settings: &[String]) -> Result<Child, String> {
    let mut command = Command::new(program());
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    command.args(["--repl-diskless-sync-delay", "0", "--repl-diskless-load", "swapdb"]).args(settings);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut log = BufReader::new(process.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("Ready to accept connections") {
        if log.read_line(&mut said).unwrap() == 0 {
            process.wait().unwrap();
            return Err(said);
        }
    }
    read_on(log);
    Ok(process)
}

/// Read to its end, or the server would wait for whoever reads its log.
fn read_on(log: BufReader<ChildStdout>) {
    thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
}

/// Asks until it holds, and fails the test where that takes a minute.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "after a minute this does not hold: {what}");
        // Each asks over a connection of its own, and these are not without end.
        thread::sleep(Duration::from_millis(5));
    }
}

/// Below those that the system gives away by itself: nobody takes it while a server is down that is to come back.
fn free_port() -> u16 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = process::id().wrapping_mul(31).wrapping_add(NUMBER.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(10_000 + number % 20_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
