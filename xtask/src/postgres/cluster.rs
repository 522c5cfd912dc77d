//! One data folder and the server over it.

use super::account::Account;
use super::binaries::{self, Binaries};
use super::wire;
use crate::steps::{self, Step};
use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

const CONFIG: &str = "doorstep.conf";
/// Owns what it makes, and migrates.
const OWNER: &str = "postgres";
/// Serves: it can add to the audit trail, and change nothing in it.
const SERVING: &str = "doorstep";

/// The clusters a clone may have. Kept data never shares a server with what tests throw away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Main,
    Test,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Main => "pg",
            Self::Test => "pg-test",
        }
    }

    pub(crate) fn database(self) -> &'static str {
        match self {
            Self::Main => "doorstep",
            Self::Test => "doorstep_test",
        }
    }

    /// Tests bring up to 20 + 5 connections each, and need their data no longer than a run.
    fn settings(self) -> &'static str {
        match self {
            Self::Main => "max_connections = 100\n",
            Self::Test => {
                "max_connections = 300\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Cluster {
    kind: Kind,
    home: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    account: Account,
}

impl Cluster {
    pub(crate) fn open(kind: Kind) -> Result<Self> {
        let near = paths::var();
        fs::create_dir_all(&near).with_context(|| format!("{} cannot be made", near.display()))?;
        let mut account = Account::choose(&near.join(kind.folder()))?;
        let mut home = near;
        if !account.reaches(&home) {
            // A clone under root's home: no other user may enter it.
            home = PathBuf::from("/var/lib").join(format!("doorstep-{}", paths::clone_hash()));
            fs::create_dir_all(&home).with_context(|| format!("{} cannot be made", home.display()))?;
            fs::set_permissions(&home, fs::Permissions::from_mode(0o755))?;
            account = Account::choose(&home.join(kind.folder()))?;
        }
        let data = home.join(kind.folder());
        let socket = socket_folder(kind, &account);
        Ok(Self { kind, home, data, socket, account })
    }

    /// Starts the server, whatever state an earlier run left it in.
    pub(crate) fn start(self) -> Result<Running> {
        let what = match self.kind {
            Kind::Main => "Postgres",
            Kind::Test => "Postgres for tests",
        };
        steps::step(what, |step| {
            let binaries = Binaries::find(self.data_major(), &self.account, &self.home, step)?;
            self.bring_up(&binaries, step)?;
            let origin = binaries::origin(&binaries.folder);
            step.detail(format!("{} {origin}, data in {}", binaries.major, self.data.display()));
            Ok(Running { stops: true, binaries, cluster: self })
        })
    }

    fn bring_up(&self, binaries: &Binaries, step: &mut Step) -> Result<()> {
        if fs::metadata(&self.data).is_ok_and(|data| data.uid() != self.account.uid()) {
            bail!("{} belongs to another user: run this as that user or as root", self.data.display());
        }
        match self.data_major() {
            None => self.create(binaries, step)?,
            Some(major) if major == binaries.major => {}
            Some(major) => bail!(
                "{} holds data of Postgres {major}, and the Postgres found is {} (in {}): install Postgres {major} \
                 or name its programs in PG_BINDIR; `cargo xtask start --reset` begins with empty data",
                self.data.display(),
                binaries.major,
                binaries.folder.display()
            ),
        }
        if self.running() && !self.answers() {
            step.progress("stopping the one an earlier run left");
            self.end(binaries)?;
        }
        if !self.running() {
            self.launch(binaries)?;
        }
        wire::create_database(&self.socket, self.kind.database())?;
        wire::create_role(&self.socket, SERVING)
    }

    fn create(&self, binaries: &Binaries, step: &mut Step) -> Result<()> {
        step.progress("making a new data folder");
        // Made beside its place and moved there whole: an initdb that is killed leaves half a folder.
        let making = self.data.with_extension("making");
        if making.exists() {
            fs::remove_dir_all(&making)?;
        }
        self.account.private_folder(&making)?;
        // From 17 on Postgres carries C.UTF-8 itself; before that it is the system's, which macOS lacks.
        let locales: &[&[&str]] = if binaries.major >= 17 {
            &[&["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]]
        } else {
            &[&["--locale=C.UTF-8"], &["--locale=C"]]
        };
        let mut result = Ok(());
        for locale in locales {
            let mut initdb = self.account.program(binaries.folder.join("initdb"));
            initdb.arg("-D").arg(&making).args(["-U", "postgres", "--encoding=UTF8"]);
            // The socket's folder lets nobody else in, so the socket itself need not ask.
            initdb.args(["--auth-local=trust", "--auth-host=reject"]).args(*locale);
            result = process::output(&mut initdb).map(drop);
            if result.is_ok() {
                break;
            }
        }
        result?;
        let include = format!("\ninclude '{CONFIG}'\n");
        let main = making.join("postgresql.conf");
        let text = fs::read_to_string(&main)? + &include;
        self.account.write(&main, &text)?;
        Ok(fs::rename(&making, &self.data)?)
    }

    fn launch(&self, binaries: &Binaries) -> Result<()> {
        self.claim_socket_folder()?;
        let socket = self.socket.display();
        let settings = self.kind.settings();
        let config = format!(
            "listen_addresses = ''\nport = 5432\nunix_socket_directories = '{socket}'\n{settings}log_timezone = 'UTC'\n"
        );
        self.account.write(&self.data.join(CONFIG), &config)?;
        self.forget_stranger()?;
        let log = self.data.join("server.log");
        let mut start = self.account.program(binaries.folder.join("pg_ctl"));
        start.args(["start", "-w", "-t", "60", "-s", "-D"]).arg(&self.data).arg("-l").arg(&log);
        process::output(&mut start).map(drop).map_err(|error| {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(8).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            error.context(format!("Postgres does not start:\n{}", last.join("\n")))
        })
    }

    /// The folder's name can be guessed, so one that somebody else made is refused.
    fn claim_socket_folder(&self) -> Result<()> {
        if let Ok(made) = fs::symlink_metadata(&self.socket)
            && (!made.is_dir() || made.uid() != self.account.uid())
        {
            bail!("{} belongs to somebody else: remove it", self.socket.display());
        }
        self.account.private_folder(&self.socket)
    }

    /// After a crash of the machine `postmaster.pid` may name a process that is no Postgres at all.
    fn forget_stranger(&self) -> Result<()> {
        let path = self.data.join("postmaster.pid");
        if path.exists() && !self.running() {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Is there a Postgres over exactly this data?
    fn running(&self) -> bool {
        let Ok(file) = fs::read_to_string(self.data.join("postmaster.pid")) else {
            return false;
        };
        let Some(pid) = postmaster(&file) else {
            return false;
        };
        if cfg!(target_os = "linux") {
            return fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| same(&cwd, &self.data));
        }
        let command =
            process::output(process::program("ps").args(["-o", "command=", "-p", &pid.to_string()]));
        command.is_ok_and(|command| command.contains("postgres"))
    }

    /// Does it listen where this run expects it?
    fn answers(&self) -> bool {
        wire::Session::open(&self.socket, "postgres").is_ok()
    }

    /// Stops the server if it runs.
    pub(crate) fn stop(&self) -> Result<()> {
        if !self.running() {
            return Ok(());
        }
        steps::step("Stopping Postgres", |step| {
            let binaries = Binaries::find(self.data_major(), &self.account, &self.home, step)?;
            self.end(&binaries)
        })
    }

    fn end(&self, binaries: &Binaries) -> Result<()> {
        let mut stop = self.account.program(binaries.folder.join("pg_ctl"));
        stop.args(["stop", "-w", "-s", "-m", "fast", "-D"]).arg(&self.data);
        process::output(&mut stop).map(drop)
    }

    /// Empties this cluster, and nothing else.
    pub(crate) fn reset(&self) -> Result<()> {
        self.stop()?;
        if self.data.exists() {
            fs::remove_dir_all(&self.data)?;
        }
        Ok(())
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    fn data_major(&self) -> Option<u32> {
        fs::read_to_string(self.data.join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.url_of(OWNER, database)
    }

    fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@localhost/{database}?host={}", escaped(&self.socket))
    }
}

/// A server that stops with the run that started it.
#[derive(Debug)]
pub(crate) struct Running {
    cluster: Cluster,
    binaries: Binaries,
    stops: bool,
}

impl Running {
    pub(crate) fn url(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    /// As the role that serves.
    pub(crate) fn serving_url(&self, database: &str) -> String {
        self.cluster.url_of(SERVING, database)
    }

    pub(crate) fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// An empty database, whatever stood there before.
    pub(crate) fn fresh_database(&self, name: &str) -> Result<String> {
        self.run("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        wire::create_database(&self.cluster.socket, name)?;
        Ok(self.url(name))
    }

    /// Runs SQL as it stands in a file.
    pub(crate) fn run(&self, database: &str, sql: &str) -> Result<()> {
        wire::execute(&self.cluster.socket, database, sql)
    }

    pub(crate) fn leave_running(mut self) {
        self.stops = false;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stops
            && self.cluster.running()
            && let Err(error) = self.cluster.end(&self.binaries)
        {
            steps::say(&format!("Postgres did not stop: {error:#}"));
        }
    }
}

/// A socket's path may have some 100 bytes, so its folder is short, outside the clone, and named by a hash of the
/// clone and of who runs it.
fn socket_folder(kind: Kind, account: &Account) -> PathBuf {
    let place = format!("{} {} {}", paths::root().display(), kind.folder(), account.uid());
    let name = format!("doorstep-{}", &paths::sha256(place.as_bytes())[..12]);
    let temp = std::env::temp_dir();
    let fits = temp.as_os_str().len() < 60 && account.reaches(&temp);
    if fits { temp.join(name) } else { Path::new("/tmp").join(name) }
}

/// The first line of `postmaster.pid`; negative in single-user mode.
fn postmaster(file: &str) -> Option<u32> {
    file.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)
}

fn same(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

fn escaped(path: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
    let escape = |byte: &u8| {
        if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    path.as_os_str().as_encoded_bytes().iter().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_postmaster_is_read_from_its_file() {
        assert_eq!(postmaster("4711\n/work/var/pg\n1790000000\n5432\n/tmp/doorstep-1\n"), Some(4711));
        for torn in ["", "\n", "-4711\n", "0\n", "1\n", "abc\n"] {
            assert_eq!(postmaster(torn), None, "{torn:?}");
        }
    }

    #[test]
    fn a_folder_with_blanks_survives_the_address() {
        assert_eq!(escaped(Path::new("/tmp/my tmp&x/doorstep-1")), "/tmp/my%20tmp%26x/doorstep-1");
    }

    #[test]
    fn kept_data_is_never_risked_for_speed() {
        assert!(!Kind::Main.settings().contains("off"));
    }
}
