//! What a killed run left behind: processes, folders, databases. Each names its run, and the next run takes away what belongs
//! to none that lives: several may be at work at once, in other clones or containers.

use super::child;
use anyhow::{Context, Result};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};
use std::fs::{self, DirEntry, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// What names of folders and of databases begin with.
pub(super) const FOLDERS: &str = "doorstep-stand";
pub(super) const DATABASES: &str = "stand";

/// Whose a folder is.
const OWNER: &str = "owner";
/// Beside its log, each process that was started.
const PROCESSES: &str = "pids";

/// This run: the machine since its start, its view of processes, its process, and when that began.
pub(super) fn own() -> Result<String> {
    let pid = std::process::id();
    let began = child::began(pid).context("/proc knows nothing of this process")?;
    Ok(format!("{} {pid} {began}", place()?))
}

/// Numbers of processes mean something there alone.
fn place() -> Result<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(format!("{} {}", boot.trim(), fs::read_link("/proc/self/ns/pid")?.display()))
}

/// Whether a run was here, and is no more. Of others nothing is known.
fn has_ended(owner: &str, place: &str) -> bool {
    let process = owner.trim().strip_prefix(place).and_then(|process| process.trim().split_once(' '));
    process.is_some_and(|(pid, began)| process_began(pid) != began.parse().ok())
}

fn process_began(pid: &str) -> Option<u64> {
    child::began(pid.parse().ok()?)
}

/// Writes into a folder whose it is.
pub(super) fn sign(folder: &Path) -> Result<()> {
    Ok(fs::write(folder.join(OWNER), own()?)?)
}

/// Notes a process that runs, beside its log.
pub(super) fn note(pid: u32, log: &Path) -> Result<()> {
    let (Some(began), true) = (child::began(pid), log.is_file()) else { return Ok(()) };
    let mut notes = OpenOptions::new().create(true).append(true).open(log.with_extension(PROCESSES))?;
    Ok(writeln!(notes, "{pid} {began}")?)
}

/// Removes the folders of runs that have ended, and kills what still runs there.
pub(super) fn remove_folders(within: &Path) -> Result<()> {
    let place = place()?;
    for folder in fs::read_dir(within)?.flatten() {
        let path = folder.path();
        let is_one = folder.file_name().to_str().is_some_and(|name| name.starts_with(&format!("{FOLDERS}_")));
        if !is_one || !is_own(&folder) {
            continue;
        }
        if !fs::read_to_string(path.join(OWNER)).is_ok_and(|owner| has_ended(&owner, &place)) {
            continue;
        }
        println!("  removing {}, left behind by an earlier run", path.display());
        end_processes(&path);
        unmount(&path);
        let _ = fs::remove_dir_all(&path);
    }
    Ok(())
}

/// Others can write into a folder for temporary files too, and must not name processes to be killed.
fn is_own(folder: &DirEntry) -> bool {
    folder.metadata().is_ok_and(|of| of.is_dir() && of.uid() == nix::unistd::getuid().as_raw())
}

/// Those of a folder, and of the folders in it.
fn end_processes(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == PROCESSES) {
            for line in fs::read_to_string(&path).unwrap_or_default().lines() {
                let Some((pid, began)) = line.split_once(' ') else { continue };
                if let (Ok(number), Ok(began)) = (pid.parse(), began.parse())
                    && child::began(number) == Some(began)
                {
                    child::kill_family(number);
                }
            }
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) && path.join("log").is_file() {
            end_processes(&path);
        }
    }
}

/// What was mounted in a folder (the full disk of P20).
fn unmount(folder: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let within = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .filter(|at| Path::new(at).starts_with(folder));
    for at in within {
        let _ = Command::new("umount").args(["--lazy", at]).output();
    }
}

/// Drops the databases of runs that have ended.
pub(super) async fn drop_databases(connection: &mut PgConnection) -> Result<()> {
    let place = place()?;
    let sql = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database
        WHERE starts_with(datname, $1 || '_') AND shobj_description(oid, 'pg_database') IS NOT NULL";
    for row in sqlx::query(sql).bind(DATABASES).fetch_all(&mut *connection).await? {
        let (name, owner): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if has_ended(&owner, &place) {
            println!("  dropping the database {name}, left behind by an earlier run");
            drop_database(connection, &name).await?;
        }
    }
    Ok(())
}

pub(super) async fn drop_database(connection: &mut PgConnection, name: &str) -> Result<()> {
    let drop = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::child::Child;
    use super::super::keys;
    use super::*;

    #[test]
    fn what_a_killed_run_left_is_taken_away_and_nothing_of_others() {
        let within = std::env::temp_dir().join(keys::unique("leftovers").unwrap());
        let [ended, alive, elsewhere, unsigned] =
            ["ended", "alive", "elsewhere", "unsigned"].map(|name| within.join(format!("{FOLDERS}_{name}")));
        for folder in [&ended, &alive, &elsewhere, &unsigned] {
            fs::create_dir_all(folder.join("postgres")).unwrap();
        }
        let mut gone = Child::start(&mut Command::new("true"), &within.join("gone.log")).unwrap();
        let place = place().unwrap();
        let owner = format!("{place} {} 1", gone.pid());
        gone.kill();
        fs::write(ended.join(OWNER), &owner).unwrap();
        fs::write(elsewhere.join(OWNER), owner.replacen(char::is_alphanumeric, "-", 1)).unwrap();
        sign(&alive).unwrap();
        // Its log stands where that of Postgres does.
        let mut sleeper =
            Child::start(Command::new("sleep").arg("600"), &ended.join("postgres/log")).unwrap();
        let mut own = Child::start(Command::new("sleep").arg("600"), &alive.join("server.log")).unwrap();
        remove_folders(&within).unwrap();
        let there = [&ended, &alive, &elsewhere, &unsigned].map(|folder| folder.exists());
        assert_eq!(there, [false, true, true, true]);
        assert!(own.runs());
        let until = std::time::Instant::now();
        while sleeper.runs() {
            assert!(until.elapsed().as_secs() < 60, "it still runs");
        }
        fs::remove_dir_all(within).unwrap();
    }
}
