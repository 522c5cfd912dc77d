//! Databases: one in the Postgres of `DATABASE_URL`, or a whole cluster of a stand's own, which may be killed.

use super::child::{self, Child};
use super::{keys, leftovers, ports};
use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection};
use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What a kill of Postgres may not lose is written by its processes before it is acknowledged; only a crash of the machine
/// could lose it with `fsync` off.
const SETTINGS: &[&str] =
    &["fsync=off", "synchronous_commit=on", "max_connections=300", "unix_socket_directories="];

/// A database is left to the next run where its Postgres does not answer.
const DROPPED_WITHIN: Duration = Duration::from_secs(10);

/// A Postgres over a data folder of its own.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// Who runs it where we are root, which Postgres refuses.
    account: Option<(u32, u32)>,
    port: u16,
    child: Option<Child>,
}

impl Cluster {
    /// Makes one with the programs in `PG_BINDIR`, and starts it.
    ///
    /// # Errors
    /// Where there are none, or it does not come up.
    pub async fn make(folder: &Path) -> Result<Self> {
        let programs = std::env::var_os("PG_BINDIR").filter(|folder| !folder.is_empty());
        let programs = PathBuf::from(programs.context("PG_BINDIR names no Postgres programs")?);
        let account = account()?;
        let folder = folder.join("postgres");
        fs::create_dir(&folder)?;
        if let Some((uid, gid)) = account {
            chown(&folder, Some(uid), Some(gid))?;
        }
        let mut cluster = Self { programs, folder, account, port: ports::free()?, child: None };
        let mut initdb = cluster.program("initdb");
        initdb.args(["--no-sync", "--auth=trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]);
        let made = initdb.arg(cluster.data()).output().context("initdb cannot be started")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
        }
        cluster.start().await?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env_clear().env("LC_ALL", "C").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(&self.folder);
        if let Some((uid, gid)) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn start(&mut self) -> Result<()> {
        let mut command = self.program("postgres");
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        self.child = Some(Child::start(&mut command, &self.folder.join("log"))?);
        let (began, url) = (Instant::now(), self.url("postgres"));
        loop {
            if let Ok(connection) = PgConnection::connect(&url).await {
                connection.close().await?;
                return Ok(());
            }
            let child = self.child.as_mut().context("it was started")?;
            if !child.runs() || began.elapsed() > Duration::from_mins(1) {
                bail!("Postgres does not come up:\n{}", child.last_words());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL to all of its processes, as when the machine loses power.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill_family();
        }
    }

    /// SIGKILL to one of its processes, and whether that is one.
    pub fn kill_backend(&self, pid: u32) -> bool {
        self.child.as_ref().is_some_and(|child| child::kill_one_of(child.pid(), pid))
    }

    /// Stops it as an operator does: connections are closed at once, transactions undone.
    ///
    /// # Errors
    /// Where it still runs a minute later.
    pub async fn stop(&mut self) -> Result<()> {
        self.end(Child::interrupt).await
    }

    /// Stops it without a checkpoint: its next start recovers.
    ///
    /// # Errors
    /// Where it still runs a minute later.
    pub async fn crash(&mut self) -> Result<()> {
        self.end(Child::quit).await
    }

    async fn end(&mut self, how: fn(&Child)) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            how(&child);
            child.ended(Duration::from_mins(1)).await?;
        }
        Ok(())
    }

    /// SIGSTOP to all of its processes: connections stay, and nobody answers.
    pub fn pause(&self) {
        self.child.iter().for_each(|child| child::pause_family(child.pid()));
    }

    /// SIGCONT to all of its processes.
    pub fn resume(&self) {
        self.child.iter().for_each(|child| child::resume_family(child.pid()));
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database of its.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        url(self.port, database)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address of a database behind a port of this machine.
#[must_use]
pub fn url(port: u16, database: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{database}")
}

fn account() -> Result<Option<(u32, u32)>> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some((user.uid.as_raw(), user.gid.as_raw())));
        }
    }
    bail!("Postgres refuses to run as root, and there is no user `postgres` or `nobody`")
}

/// An empty database that goes with whoever holds it.
#[derive(Debug)]
pub struct Database {
    admin: String,
    name: String,
    url: String,
    pool: PgPool,
    goes_with_its_cluster: bool,
}

impl Database {
    /// Makes one beside the database of an address.
    ///
    /// # Errors
    /// Where Postgres is not to be reached.
    pub async fn make(admin: &str) -> Result<Self> {
        let mut connection = PgConnection::connect(admin).await.context("DATABASE_URL does not answer")?;
        leftovers::drop_databases(&mut connection).await?;
        let name = keys::unique(leftovers::DATABASES)?;
        let url = beside(admin, &name)?;
        let make = format!("CREATE DATABASE {name}");
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut connection).await?;
        let own = format!("COMMENT ON DATABASE {name} IS '{}'", leftovers::own()?);
        sqlx::raw_sql(AssertSqlSafe(own)).execute(&mut connection).await?;
        connection.close().await?;
        let pool = PgPoolOptions::new().max_connections(8).connect_lazy(&url)?;
        Ok(Self { admin: admin.to_owned(), name, url, pool, goes_with_its_cluster: false })
    }

    /// Makes one in a cluster that is thrown away, and may not answer by then.
    ///
    /// # Errors
    /// Where Postgres is not to be reached.
    pub async fn within(cluster: &Cluster) -> Result<Self> {
        let mut made = Self::make(&cluster.url("postgres")).await?;
        made.goes_with_its_cluster = true;
        Ok(made)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address, past every proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connections to it, past every proxy.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.goes_with_its_cluster {
            return;
        }
        let (admin, name) = (self.admin.clone(), self.name.clone());
        // No async code may be waited for here, so a thread of its own waits.
        let dropping = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                tokio::time::timeout(DROPPED_WITHIN, async {
                    let mut connection = PgConnection::connect(&admin).await?;
                    leftovers::drop_database(&mut connection, &name).await?;
                    Ok(connection.close().await?)
                })
                .await?
            })
        });
        let _ = dropping.join();
    }
}

/// The same address with another database.
fn beside(url: &str, name: &str) -> Result<String> {
    let (place, query) = url.split_once('?').map_or((url, None), |(place, query)| (place, Some(query)));
    let (server, _) = place.rsplit_once('/').context("DATABASE_URL names no database")?;
    Ok(query.map_or_else(|| format!("{server}/{name}"), |query| format!("{server}/{name}?{query}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_has_the_same_settings() {
        let url = "postgres://postgres@localhost/doorstep_test?host=%2Ftmp%2Fx";
        assert_eq!(beside(url, "a").unwrap(), "postgres://postgres@localhost/a?host=%2Ftmp%2Fx");
        assert_eq!(beside("postgres://p@h:1/postgres", "a").unwrap(), "postgres://p@h:1/a");
    }
}
