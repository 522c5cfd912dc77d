//! `cargo xtask generate`: `.sqlx`, the description of each query, which builds use in place of a database, and what the
//! program says of itself in `docs/`.

use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::steps::{Step, step};
use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What Postgres reports of nullability may differ between majors. So one major writes the files, and under another
/// only their names are compared: each is the hash of its query.
const WRITTEN_BY: u32 = 15;
const FOLDER: &str = ".sqlx";
/// The server's migrator keeps its list in this table, and one query reads it.
const HISTORY: &str = "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, success boolean NOT NULL)";

pub(crate) fn run() -> Result<ExitCode> {
    let _lock = Lock::take("test")?;
    let postgres = Cluster::open(Kind::Test)?.start()?;
    step("Writing .sqlx", |step| {
        let count = write(paths::root(), &own_folder()?, &postgres, step)?;
        step.detail(format!("{count} queries"));
        Ok(())
    })?;
    step("Writing docs/openapi.json and docs/retention.md", |step| {
        process::build(step, process::cargo().args(["build", "--locked", "--bin", "server"]))?;
        documents(paths::root(), &paths::target())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes what the program says of itself: the description of its API, and the table of what it keeps. A debug build of
/// the tree lies in `target`.
pub(crate) fn documents(tree: &Path, target: &Path) -> Result<()> {
    let server = target.join("debug/server");
    let said = |command: &str| process::output(process::program(&server).arg(command));
    fs::write(tree.join("docs/openapi.json"), said("openapi")?)?;
    let (path, table) = (tree.join("docs/retention.md"), said("retention")?);
    let document = fs::read_to_string(&path)?;
    let head = table.lines().next().context("`server retention` says nothing")?;
    let (text, _) = document.split_once(head).with_context(|| format!("{} has no table", path.display()))?;
    Ok(fs::write(path, format!("{text}{table}"))?)
}

/// Writes the files of a tree again, and returns how many there are. `store` must not have been compiled yet.
pub(crate) fn write(tree: &Path, target: &Path, postgres: &Running, step: &mut Step) -> Result<usize> {
    let fresh = describe(tree, target, postgres, step)?;
    let committed = tree.join(FOLDER);
    fs::create_dir_all(&committed)?;
    for name in read(&committed)?.keys() {
        fs::remove_file(committed.join(name))?;
    }
    for (name, content) in &fresh {
        fs::write(committed.join(name), content)?;
    }
    Ok(fresh.len())
}

/// Are the committed files up to date with the queries and migrations?
pub(crate) fn check(postgres: &Running) -> Result<()> {
    step("Freshness of .sqlx", |step| {
        let major = postgres.binaries().major;
        let root = paths::root();
        let (committed, fresh) = (read(&root.join(FOLDER))?, describe(root, &own_folder()?, postgres, step)?);
        let differs = |name: &String| match (fresh.get(name), committed.get(name)) {
            (Some(fresh), Some(committed)) => major == WRITTEN_BY && fresh != committed,
            _ => true,
        };
        let stale: Vec<&str> =
            fresh.keys().chain(committed.keys()).filter(|name| differs(name)).map(String::as_str).collect();
        if !stale.is_empty() {
            bail!("run `cargo xtask generate` and commit: {} is not what the queries give", stale.join(", "));
        }
        let compared =
            if major == WRITTEN_BY { "" } else { ", their names only: written by another Postgres" };
        step.detail(format!("{} queries{compared}", fresh.len()));
        Ok(())
    })
}

/// A build folder of its own, so that no other build waits for it. The macros run only when `store` is compiled, so it
/// is compiled each time.
fn own_folder() -> Result<PathBuf> {
    let target = paths::target().join("generate");
    forget(&target.join("debug/.fingerprint"), "store-")?;
    Ok(target)
}

/// Compiles `store` against a freshly migrated database.
fn describe(
    tree: &Path,
    target: &Path,
    postgres: &Running,
    step: &mut Step,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let database = postgres.fresh_database("doorstep_generate")?;
    migrate(tree, postgres, "doorstep_generate")?;
    let answers = target.join("sqlx");
    if answers.exists() {
        fs::remove_dir_all(&answers)?;
    }
    fs::create_dir_all(&answers)?;
    let mut check = process::cargo();
    check.args(["check", "--locked", "-p", "store"]).current_dir(tree).env("CARGO_TARGET_DIR", target);
    check.env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", &answers).env("DATABASE_URL", database);
    process::build(step, &mut check)?;
    read(&answers)
}

fn migrate(tree: &Path, postgres: &Running, database: &str) -> Result<()> {
    postgres.run(database, HISTORY)?;
    let folder = tree.join("migrations");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    for path in files {
        postgres.run(database, &fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Makes cargo compile a crate again.
fn forget(fingerprints: &Path, crate_prefix: &str) -> Result<()> {
    let Ok(entries) = fs::read_dir(fingerprints) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(crate_prefix)) {
            fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}

fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(BTreeMap::new());
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned())
            && name.starts_with("query-")
        {
            found.insert(name, fs::read(path)?);
        }
    }
    Ok(found)
}
