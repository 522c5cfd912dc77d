//! The paths of the project.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The clone's root folder.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Data, sockets' notes and keys of this clone; never committed.
pub(crate) fn var() -> PathBuf {
    root().join("var")
}

pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path))
}

/// The server's profile.
pub(crate) const PROFILE: &str = "release";
/// The profile of a server that is to be shipped.
pub(crate) const DIST: &str = "dist";

/// The built files that a browser may fetch. Each build replaces the folder.
pub(crate) fn site() -> PathBuf {
    root().join("target/site")
}

pub(crate) fn server_binary() -> PathBuf {
    target().join(PROFILE).join("server")
}

/// Tools are kept per user and version, so that a second clone finds them.
pub(crate) fn cache() -> Result<PathBuf> {
    if let Some(cache) = std::env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        return Ok(PathBuf::from(cache).join("doorstep"));
    }
    let home = std::env::home_dir().context("HOME is not set, so there is no place for the tools")?;
    let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    Ok(home.join(caches).join("doorstep"))
}

/// A short name for this clone, for folders outside it.
pub(crate) fn clone_hash() -> String {
    sha256(root().as_os_str().as_encoded_bytes())[..10].to_owned()
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
