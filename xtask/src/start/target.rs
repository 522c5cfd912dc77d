//! The built server: its settings, and running it.

use super::settings;
use crate::process::{self, Job};
use crate::steps::{self, step};
use crate::{interrupt, paths};
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_secs(30);
const ADMIN: &str = "admin@example.com";

/// The server's address and its database.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) database: String,
    /// The database as the role that migrates; none where the developer's own settings say.
    pub(crate) migrating: Option<String>,
    /// The port of the command line, if it names one: the address that people type follows it.
    pub(crate) port: Option<u16>,
    /// Whether the samples of the five READMEs are to work as they are printed.
    pub(crate) as_seeds: bool,
}

impl Target {
    /// `--port` wins over the developer's own setting, which wins over 8000.
    pub(crate) fn address(port: Option<u16>) -> Result<SocketAddr> {
        let set = settings::get("LEPTOS_SITE_ADDR").filter(|_| port.is_none());
        let text = set.unwrap_or_else(|| format!("127.0.0.1:{}", port.unwrap_or(8000)));
        text.parse().with_context(|| format!("LEPTOS_SITE_ADDR isn't a valid address: `{text}`"))
    }

    /// Each build may bring a migration, which the server then makes itself.
    pub(crate) fn migrate_at_each_start(&mut self) {
        if let Some(owner) = self.migrating.take() {
            self.database = owner;
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// The settings of a development copy; the developer's own settings stay, except for the address under `--port`.
    pub(crate) fn settings<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // Set even if `.env` sets it: a release server reads the environment before `.env`.
        command.env("APP_ENV", settings::get("APP_ENV").unwrap_or_else(|| "development".to_owned()));
        let address = settings::get("BASE_URL").filter(|_| self.port.is_none());
        command.env("BASE_URL", address.unwrap_or_else(|| self.url()));
        command.env("LEPTOS_SITE_ADDR", self.address.to_string());
        if self.as_seeds {
            // Empty counts as unset, also where `.env` says another policy.
            command.envs([("AS_SEEDS", "true"), ("COMPAT", "all")]);
            command.envs([("PASSWORD_MIN_LENGTH", ""), ("PASSWORD_MIN_SCORE", "")]);
        }
        if let Some(migrating) = &self.migrating {
            command.env("MIGRATE_DATABASE_URL", migrating).env("MIGRATE_DATABASE_URL_FILE", "");
        }
        // Both at once would be refused.
        command.env("DATABASE_URL", &self.database).env("DATABASE_URL_FILE", "")
    }

    /// The release server with what it needs to find its files.
    fn program(&self, words: &[&str]) -> Command {
        let mut server = process::program(paths::server_binary());
        server.args(words).env("LEPTOS_SITE_ROOT", paths::site()).env("LEPTOS_HASH_FILES", "true");
        self.settings(&mut server);
        server
    }

    pub(crate) fn migrate(&self) -> Result<()> {
        step("Migrations", |_| process::output(&mut self.program(&["migrate"])).map(drop))
    }

    /// Makes the first admin; the password is known only now, so it is shown, once.
    pub(crate) fn first_admin(&self) -> Result<String> {
        let email = settings::get("ADMIN_EMAIL").unwrap_or_else(|| ADMIN.to_owned());
        let said = step("First admin", |_| {
            process::output(&mut self.program(&["create-admin", "--if-none", "--email", &email]))
        })?;
        let news = said.trim() != "an admin already exists";
        Ok(if news { format!("\n{}", said.trim_end()) } else { String::new() })
    }

    /// Serves until the server ends or a signal comes.
    pub(crate) fn serve(&self, welcome: &str) -> Result<()> {
        let mut server = Job::spawn(&mut self.program(&["serve"]))?;
        let began = Instant::now();
        while !self.ready() {
            interrupt::check()?;
            if !server.running()? {
                bail!("the server ended before it was ready");
            }
            if began.elapsed() > READY_WITHIN {
                bail!("the server does not answer at {}", self.url());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        steps::say(welcome);
        let status = server.wait()?;
        interrupt::check()?;
        if status.success() { Ok(()) } else { bail!("the server ended: {status}") }
    }

    fn ready(&self) -> bool {
        let ask = || -> Result<bool> {
            let mut stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            let port = self.address.port();
            write!(stream, "GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")?;
            let mut answer = Vec::new();
            stream.take(64 * 1024).read_to_end(&mut answer)?;
            Ok(answer.starts_with(b"HTTP/1.1 200"))
        };
        ask().unwrap_or(false)
    }
}
