//! The account that Postgres runs as: it refuses root.

use crate::process;
use anyhow::{Context, Result};
use nix::unistd::{Gid, Uid, User};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The ordinary user that root runs Postgres as; any other user runs it as themselves.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    uid: Uid,
    gid: Gid,
    lent: bool,
}

impl Account {
    /// The owner of existing data, else `postgres`, else `nobody`.
    pub(crate) fn choose(data: &Path) -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Self { uid: Uid::effective(), gid: Gid::effective(), lent: false });
        }
        if let Ok(data) = fs::metadata(data)
            && data.uid() != 0
        {
            return Ok(Self { uid: data.uid().into(), gid: data.gid().into(), lent: true });
        }
        for name in ["postgres", "nobody"] {
            if let Some(user) = User::from_name(name)? {
                return Ok(Self { uid: user.uid, gid: user.gid, lent: true });
            }
        }
        anyhow::bail!("Postgres refuses to run as root, and there is no user `postgres` or `nobody`: add one")
    }

    pub(crate) fn uid(&self) -> u32 {
        self.uid.as_raw()
    }

    /// A program run as this account, without the caller's own Postgres settings.
    pub(crate) fn program(&self, name: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(name);
        command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C");
        for variable in std::env::vars_os().map(|(name, _)| name) {
            if variable.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(variable);
            }
        }
        if self.lent {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw()).env("HOME", "/");
        }
        command
    }

    /// Can this account enter (or run) what lies there?
    pub(crate) fn reaches(&self, path: &Path) -> bool {
        process::succeeds(self.program("test").arg("-x").arg(path))
    }

    /// Makes a folder that is this account's alone.
    pub(crate) fn private_folder(&self, path: &Path) -> Result<()> {
        fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
        self.own(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        Ok(())
    }

    pub(crate) fn write(&self, path: &Path, text: &str) -> Result<()> {
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        self.own(path)
    }

    fn own(&self, path: &Path) -> Result<()> {
        if self.lent {
            chown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))?;
        }
        Ok(())
    }
}
