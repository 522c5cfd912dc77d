//! The keys of a stand's servers, and whatever else has to be random.

use super::leftovers;
use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Writes a new signing key.
///
/// # Errors
/// Where the file cannot be written.
pub fn signing(path: &Path) -> Result<()> {
    let mut key = PKCS8.to_vec();
    key.extend_from_slice(&random()?);
    pem(path, "PRIVATE KEY", &key)
}

/// Writes a new key for secrets at rest.
///
/// # Errors
/// Where the file cannot be written.
pub fn encryption(path: &Path) -> Result<()> {
    pem(path, "ENCRYPTION KEY", &random()?)
}

fn pem(path: &Path, label: &str, key: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    let text = STANDARD.encode(key);
    Ok(write!(file, "-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")?)
}

/// Bytes of the system's.
///
/// # Errors
/// Where the system has none.
pub fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A name that nothing else has.
///
/// # Errors
/// Where the system has no random bytes.
pub fn unique(prefix: &str) -> Result<String> {
    let bytes = random()?;
    Ok(format!("{prefix}_{:016x}", u64::from_le_bytes(bytes[..8].try_into()?)))
}

/// Numbers that a seed decides (`SplitMix64`), so that a run can be had again.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number, below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end.max(1)
    }
}

/// A folder that goes with whoever holds it.
#[derive(Debug)]
pub struct Folder(std::path::PathBuf);

impl Folder {
    /// Makes one that others may enter, for Postgres runs as another user.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn make() -> Result<Self> {
        leftovers::remove_folders(&std::env::temp_dir())?;
        let path = std::env::temp_dir().join(unique(leftovers::FOLDERS)?);
        fs::create_dir(&path)?;
        let folder = Self(path);
        leftovers::sign(folder.path())?;
        Ok(folder)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
