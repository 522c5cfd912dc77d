use super::env::AppEnv;
use super::error::ConfigError;
use super::key_file::KeyFile;
use super::raw::RawConfig;
use accounts::EncryptionKeys;

const NAME: &str = "ENCRYPTION_KEY_FILE";
/// Where development keeps the key it makes at the first start.
const DEVELOPMENT_KEY: &str = "var/encryption-key.pem";

/// The source of the keys of secrets at rest. They are read when they are needed, as the signing key is.
#[derive(Debug)]
pub struct Encryption {
    file: Option<KeyFile>,
    needed: bool,
}

impl Encryption {
    pub(super) fn new(raw: &RawConfig, env: AppEnv, mail_is_set_up: bool) -> Self {
        let file = KeyFile::new(NAME, raw.encryption_key_file.as_deref(), env, DEVELOPMENT_KEY);
        Self { file, needed: mail_is_set_up }
    }

    pub(super) fn load(&self) -> Result<Option<EncryptionKeys>, ConfigError> {
        match &self.file {
            Some(file) => file.load(EncryptionKeys::generate_pem, EncryptionKeys::from_pem).map(Some),
            None if self.needed => Err(ConfigError::new(
                NAME,
                "it is not set, and mail needs it; make a key as docs/deploy.md says and set it to that file",
            )),
            None => Ok(None),
        }
    }
}
