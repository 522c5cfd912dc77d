use super::env::AppEnv;
use super::error::ConfigError;
use super::raw::RawConfig;
use super::secret::{is_guessable, others_read, secret};
use super::value::filled;
use accounts::{KeyRing, SigningKey};
use std::fmt;
use std::fs::{File, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use time::{Duration, OffsetDateTime};

/// Where development keeps the key it makes at the first start.
const DEVELOPMENT_KEY: &str = "var/signing-key.pem";
const MIN_SECRET: usize = 32;
const OTHERS_READ: &str = "others may read it; make it its owner's alone with `chmod 600`";

/// The source of the signing key. The key itself is read when it is needed, so that `migrate` runs without one.
pub enum Signing {
    /// An Ed25519 key in a file.
    KeyFile {
        /// Where.
        path: PathBuf,
        /// Whether to make it when it is missing.
        make: bool,
    },
    /// A secret for HS256.
    Secret(String),
    /// None was given where one must be.
    Missing,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyFile { path, .. } => f.debug_tuple("KeyFile").field(path).finish(),
            Self::Secret(_) => f.write_str("Secret(…)"),
            Self::Missing => f.write_str("Missing"),
        }
    }
}

impl Signing {
    pub(super) fn new(raw: &RawConfig, env: AppEnv) -> Result<Self, ConfigError> {
        match filled(raw.algorithm.as_deref()) {
            None | Some("EdDSA") => Ok(match (filled(raw.signing_key_file.as_deref()), env) {
                (Some(path), _) => Self::KeyFile { path: path.into(), make: env == AppEnv::Development },
                (None, AppEnv::Development) => Self::KeyFile { path: DEVELOPMENT_KEY.into(), make: true },
                (None, AppEnv::Production) => Self::Missing,
            }),
            Some("HS256") => hs256(raw, env),
            Some(other) => {
                let message = format!("\"{other}\" is not supported; set it to EdDSA or HS256");
                Err(ConfigError::new("ALGORITHM", message))
            }
        }
    }

    pub(super) fn load(&self) -> Result<KeyRing, ConfigError> {
        match self {
            Self::Secret(secret) => SigningKey::hs256(secret.as_bytes())
                .map(KeyRing::from)
                .map_err(|error| ConfigError::new("SECRET_KEY", error.to_string())),
            Self::KeyFile { path, make } => from_file(path, *make),
            Self::Missing => Err(ConfigError::new(
                "SIGNING_KEY_FILE",
                "it is not set; make a key with `openssl genpkey -algorithm ed25519 -out signing-key.pem` \
                 and set it to that file",
            )),
        }
    }
}

impl Signing {
    /// Adds a key to the file, which signs from `lead` after `now`: every server must have been restarted by then. The
    /// previous key verifies for eight days more, so nobody is signed out.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no such file or it cannot be written.
    pub fn rotate(&self, now: OffsetDateTime, lead: Duration) -> Result<(), ConfigError> {
        const NAME: &str = "SIGNING_KEY_FILE";
        let Self::KeyFile { path, .. } = self else {
            return Err(ConfigError::new(NAME, "only keys in a file are rotated; set it to that file"));
        };
        let unusable =
            |error: &dyn fmt::Display| ConfigError::new(NAME, format!("{}: {error}", path.display()));
        // A link keeps pointing to the file. It is resolved only once, since others may own the folder.
        let path = std::fs::canonicalize(path).map_err(|error| unusable(&error))?;
        let (text, like) = read(&path).map_err(|error| unusable(&error))?;
        let text = KeyRing::rotate_ed25519_pem(&text, now, lead).map_err(|error| unusable(&error))?;
        replace(&path, &text, &like).map_err(|error| unusable(&error))
    }
}

fn hs256(raw: &RawConfig, env: AppEnv) -> Result<Signing, ConfigError> {
    const ADVICE: &str = "set it to 32 random bytes, as `openssl rand -hex 32` prints them";
    let refuse = |why: &str| ConfigError::new("SECRET_KEY", format!("{why}; {ADVICE}"));
    let secret = secret("SECRET_KEY", raw.secret_key.as_deref(), raw.secret_key_file.as_deref())?
        .ok_or_else(|| refuse("HS256 needs it"))?;
    if secret.len() < MIN_SECRET {
        return Err(refuse("it is shorter than 32 characters"));
    }
    if is_guessable(&secret) {
        return Err(refuse("it can be guessed"));
    }
    if let Some(path) = filled(raw.secret_key_file.as_deref())
        && env == AppEnv::Production
        && others_read(Path::new(path)).is_ok_and(|others| others)
    {
        let message = format!("{path}: {OTHERS_READ}");
        return Err(ConfigError::new("SECRET_KEY_FILE", message));
    }
    Ok(Signing::Secret(secret))
}

fn from_file(path: &Path, make: bool) -> Result<KeyRing, ConfigError> {
    const NAME: &str = "SIGNING_KEY_FILE";
    let unusable = |error: &dyn fmt::Display| ConfigError::new(NAME, format!("{}: {error}", path.display()));
    if make && !path.exists() {
        let pem = SigningKey::generate_ed25519_pem().map_err(|error| unusable(&error))?;
        write_secret(path, &pem).map_err(|error| unusable(&error))?;
    }
    if !make && others_read(path).map_err(|error| unusable(&error))? {
        return Err(unusable(&OTHERS_READ));
    }
    let pem = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
    KeyRing::ed25519_pem(&pem).map_err(|error| unusable(&error))
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
