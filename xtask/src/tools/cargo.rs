//! Rust tools at their pinned versions, kept per user: prebuilt where that can be fetched, else from source.

use crate::steps::{self, Step};
use crate::tools::prerequisites;
use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub(crate) struct Tool {
    pub(crate) name: &'static str,
    version: &'static str,
    program: &'static str,
    asks_version: &'static [&'static str],
    release: Option<Release>,
    install: &'static [&'static str],
    profile: &'static [(&'static str, &'static str)],
    needs_make: bool,
}

/// Where a release keeps its archives, and the checksum it publishes beside each.
struct Release {
    folder: &'static str,
    archive: fn(&str) -> String,
    checksum_ending: &'static str,
}

/// Its own release profile is link-time optimised in one unit: 12 minutes on two cores instead of 5.
const QUICK: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
];

/// 0.3.11 needs a newer rustc. `no_downloads`: it takes what is on PATH and never fetches anything itself.
pub(crate) const CARGO_LEPTOS: Tool = Tool {
    name: "cargo-leptos",
    version: "0.3.10",
    program: "cargo-leptos",
    asks_version: &["--version"],
    release: Some(Release {
        folder: "https://github.com/leptos-rs/cargo-leptos/releases/download/v0.3.10",
        archive: |target| format!("cargo-leptos-{target}.tar.gz"),
        checksum_ending: ".sha256",
    }),
    install: &["--locked", "--features", "no_downloads"],
    profile: QUICK,
    needs_make: true,
};

pub(crate) const CARGO_LLVM_COV: Tool = Tool {
    name: "cargo-llvm-cov",
    version: "0.9.1",
    program: "cargo-llvm-cov",
    asks_version: &["llvm-cov", "--version"],
    release: None,
    install: &["--locked"],
    profile: QUICK,
    needs_make: false,
};

impl Tool {
    /// The folder its program lies in, for PATH.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        Ok(self.home()?.join("bin"))
    }

    fn home(&self) -> Result<PathBuf> {
        Ok(paths::cache()?.join(format!("{}-{}", self.name, self.version)))
    }

    /// Installs the tool if it is missing, and returns its folder.
    pub(crate) fn bring(&self) -> Result<PathBuf> {
        let folder = self.folder()?;
        if self.works(&folder) {
            return Ok(folder);
        }
        steps::step(&format!("{} {}", self.name, self.version), |step| {
            let home = self.home()?;
            fs::create_dir_all(paths::cache()?)?;
            let lock = File::create(paths::cache()?.join(format!("{}.lock", self.name)))?;
            wait_for(&lock, step)?;
            if self.works(&folder) {
                return Ok(folder);
            }
            // Made beside its place and moved there whole, so that a broken install is never taken for a good one.
            let making = paths::cache()?.join(format!("{}-making-{}", self.name, std::process::id()));
            let made = self.make(&making, step);
            if made.is_err() && making.exists() {
                fs::remove_dir_all(&making)?;
            }
            made?;
            if home.exists() {
                fs::remove_dir_all(&home)?;
            }
            fs::rename(&making, &home)?;
            if !self.works(&folder) {
                bail!("{} was installed but does not run as {}", self.name, self.version);
            }
            Ok(folder)
        })
    }

    fn make(&self, making: &Path, step: &mut Step) -> Result<()> {
        let Err(why) = self.fetch(making, step) else {
            step.detail("prebuilt, checksum as published");
            return Ok(());
        };
        crate::interrupt::check()?;
        step.progress(&format!("no prebuilt one ({why}), building it from source"));
        self.compile(making, step)
    }

    fn works(&self, folder: &Path) -> bool {
        let printed = process::output(Command::new(folder.join(self.program)).args(self.asks_version));
        printed.is_ok_and(|printed| printed.split_whitespace().any(|word| word == self.version))
    }

    /// The release's own archive, checked against the checksum that is published beside it. That guards against a
    /// broken or half download; whoever could swap both files could swap the release.
    fn fetch(&self, making: &Path, step: &mut Step) -> Result<()> {
        let (Some(release), Some(target)) = (&self.release, target()) else {
            bail!("none is published for this machine");
        };
        let name = (release.archive)(&target);
        step.progress("looking for a prebuilt one");
        let published = curl(&format!("{}/{name}{}", release.folder, release.checksum_ending))?;
        let published = String::from_utf8_lossy(&published);
        let expected = checksum(&published).context("its checksum cannot be read")?;
        let archive = curl(&format!("{}/{name}", release.folder))?;
        if paths::sha256(&archive) != expected {
            bail!("its checksum does not match");
        }
        let unpacked = making.join("unpacked");
        fs::create_dir_all(&unpacked)?;
        let file = making.join(&name);
        fs::write(&file, archive)?;
        process::output(Command::new("tar").arg("-xzf").arg(&file).arg("-C").arg(&unpacked))?;
        let program = find(&unpacked, self.program).context("its archive lacks the program")?;
        let bin = making.join("bin");
        fs::create_dir_all(&bin)?;
        fs::rename(program, bin.join(self.program))?;
        fs::remove_dir_all(&unpacked)?;
        fs::remove_file(&file)?;
        if !self.works(&bin) {
            bail!("it does not run here");
        }
        Ok(())
    }

    fn compile(&self, making: &Path, step: &mut Step) -> Result<()> {
        if self.needs_make {
            prerequisites::check_for_source_builds()?;
        }
        if making.exists() {
            fs::remove_dir_all(making)?;
        }
        // Kept until the install is whole, so that an interrupted build goes on where it stopped.
        let building = paths::cache()?.join("building").join(self.name);
        let mut install = process::cargo();
        install
            .args(["install", self.name, "--version", self.version, "--root"])
            .arg(making)
            .args(self.install);
        install.envs(self.profile.iter().copied()).env("CARGO_TARGET_DIR", &building);
        process::build(step, &mut install)?;
        Ok(fs::remove_dir_all(&building)?)
    }
}

/// Two clones may want a tool at once: the second waits and finds it made.
pub(crate) fn wait_for(lock: &File, step: &mut Step) -> Result<()> {
    while let Err(error) = lock.try_lock() {
        if let TryLockError::Error(error) = error {
            return Err(error.into());
        }
        step.progress("another clone is making it");
        crate::interrupt::check()?;
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

/// This machine in the words of release archives.
fn target() -> Option<String> {
    let machine = std::env::consts::ARCH;
    let system = match std::env::consts::OS {
        "macos" => "apple-darwin",
        "linux" => "unknown-linux-gnu",
        _ => return None,
    };
    Some(format!("{machine}-{system}"))
}

fn curl(address: &str) -> Result<Vec<u8>> {
    let mut curl = Command::new("curl");
    curl.args([
        "--proto",
        "=https",
        "--tlsv1.2",
        "-fsSL",
        "--connect-timeout",
        "5",
        "--max-time",
        "120",
        address,
    ]);
    let output = curl.output().context("curl is missing")?;
    if !output.status.success() {
        bail!("it cannot be fetched");
    }
    Ok(output.stdout)
}

/// The first word of a `sha256sum` line.
fn checksum(published: &str) -> Option<&str> {
    let word = published.split_whitespace().next()?;
    (word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(word)
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find_map(|path| {
        if path.is_dir() { find(&path, name) } else { (path.file_name()? == name).then_some(path) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_checksum_counts() {
        let sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(checksum(&format!("{sum}  cargo-leptos.tar.gz\n")), Some(sum));
        assert_eq!(checksum("<html>Not found</html>"), None);
        assert_eq!(checksum(""), None);
    }
}
