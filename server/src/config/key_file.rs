//! Keys in files: nobody but the owner may read one, development makes a missing one, and a change replaces it whole.

use super::env::AppEnv;
use super::error::ConfigError;
use super::secret::{OTHERS_READ, others_read};
use super::value::filled;
use accounts::SetupError;
use std::fmt::Display;
use std::fs::{File, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// A file with one or more keys in PEM.
#[derive(Debug)]
pub struct KeyFile {
    variable: &'static str,
    path: PathBuf,
    /// Whether to make it when it is missing.
    pub(super) make: bool,
    /// Whether one that would be made is made in memory alone.
    looks_only: bool,
}

/// What is known of a key's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAge {
    /// The file says since when it is used.
    Since(OffsetDateTime),
    /// The file says nothing, and was written then: a copy of an old key is a new file.
    Written(OffsetDateTime),
    /// There is no file yet, and the first start makes it.
    NotMade,
}

impl KeyFile {
    /// The file that a variable names; where it names none, development has its own.
    pub(super) fn new(
        variable: &'static str,
        value: Option<&str>,
        env: AppEnv,
        development: &str,
    ) -> Option<Self> {
        let make = env == AppEnv::Development;
        let path = filled(value).or(make.then_some(development))?;
        Some(Self { variable, path: path.into(), make, looks_only: false })
    }

    /// From now on a missing file stays missing.
    pub(super) fn only_look(&mut self) {
        self.looks_only = true;
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How old its key is, where `since` says what the file does.
    pub(super) fn age(&self, since: Option<OffsetDateTime>) -> Option<KeyAge> {
        match std::fs::metadata(&self.path).and_then(|found| found.modified()) {
            Err(_) => self.make.then_some(KeyAge::NotMade),
            Ok(written) => Some(since.map_or(KeyAge::Written(written.into()), KeyAge::Since)),
        }
    }

    /// What the file holds, made before where it is missing and may be made.
    pub(super) fn load<T>(
        &self,
        generate: fn() -> Result<String, SetupError>,
        parse: fn(&str) -> Result<T, SetupError>,
    ) -> Result<T, ConfigError> {
        if self.make && !self.path.exists() {
            let pem = generate().map_err(|error| self.unusable(&error))?;
            if self.looks_only {
                return parse(&pem).map_err(|error| self.unusable(&error));
            }
            write_secret(&self.path, &pem).map_err(|error| self.unusable(&error))?;
        }
        if !self.make && others_read(&self.path).map_err(|error| self.unusable(&error))? {
            return Err(self.unusable(&OTHERS_READ));
        }
        let pem = std::fs::read_to_string(&self.path).map_err(|error| self.unusable(&error))?;
        parse(&pem).map_err(|error| self.unusable(&error))
    }

    /// Replaces what the file holds.
    pub(super) fn change(
        &self,
        change: impl FnOnce(&str) -> Result<String, SetupError>,
    ) -> Result<(), ConfigError> {
        // A link keeps pointing to the file. It is resolved only once, since others may own the folder.
        let path = std::fs::canonicalize(&self.path).map_err(|error| self.unusable(&error))?;
        let (text, like) = read(&path).map_err(|error| self.unusable(&error))?;
        let text = change(&text).map_err(|error| self.unusable(&error))?;
        replace(&path, &text, &like).map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &dyn Display) -> ConfigError {
        ConfigError::new(self.variable, format!("{}: {error}", self.path.display()))
    }
}

/// Two servers that start at once agree on the first one's key: the second finds the file there and reads it.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let (_, draft) = draft(path, text)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked.or_else(|error| if path.exists() { Ok(()) } else { Err(error) })
}

/// What a file holds, and whose it is.
fn read(path: &Path) -> std::io::Result<(String, Metadata)> {
    let mut file = File::open(path)?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok((text, file.metadata()?))
}

/// Replaces a file by a text, atomically. It keeps the owner and the mode of the old file: the server may run as
/// another user than the one who rotates.
pub(super) fn replace(path: &Path, text: &str, like: &Metadata) -> std::io::Result<()> {
    let (file, draft) = draft(path, text)?;
    let replaced = keep_owner(like, &file).and_then(|()| std::fs::rename(&draft, path));
    replaced.inspect_err(|_| drop(std::fs::remove_file(&draft)))
}

/// By the open file and not by its name, which may belong to another file by now: root would give that one away.
#[cfg(unix)]
fn keep_owner(old: &Metadata, file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        fchown(file, Some(old.uid()), Some(old.gid()))?;
    }
    file.set_permissions(old.permissions())
}

#[cfg(not(unix))]
fn keep_owner(_: &Metadata, _: &File) -> std::io::Result<()> {
    Ok(())
}

/// A new file beside `path`, readable by its owner alone from its first byte on, under a name nobody foresees.
fn draft(path: &Path, text: &str) -> std::io::Result<(File, PathBuf)> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("{:016x}.new", RandomState::new().hash_one(())));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(std::fs::remove_file(&draft)))?;
    Ok((file, draft))
}
