use crate::Logo;
use crate::credential::{BreachedPasswords, EncryptionKeys, Hashing, KeyRing};
use crate::policy::RequireFactor;
use domain::PASSWORD_MIN;
use redis_store::RedisSettings;
use std::sync::Arc;
use time::Duration;

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signup {
    /// Anyone.
    Open,
    /// Anyone who proves an address first.
    Verify,
    /// By invitation.
    Closed,
}

/// What mails show, and whether there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// Whether mails can be sent.
    pub enabled: bool,
    /// `APP_NAME`, which subjects hold.
    pub app_name: String,
    /// `SUPPORT_URL`: a page or an address to ask for help.
    pub support_url: Option<String>,
    /// `APP_LOGO_FILE`: what takes the place of the mark.
    pub logo: Option<Arc<Logo>>,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { enabled: true, app_name: "Doorstep".to_owned(), support_url: None, logo: None }
    }
}

/// What the owner of a copy decides.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Cost of a password hash.
    pub hashing: Hashing,
    /// What tokens are signed with, and what still verifies them.
    pub signing: KeyRing,
    /// What secrets at rest are encrypted with; none only in production without mail.
    pub encryption: Option<EncryptionKeys>,
    /// The `iss` of tokens: the site's own base URL.
    pub issuer: String,
    /// How long a token is good for without being renewed.
    pub token_lifetime: Duration,
    /// How long a refresh token waits to be used.
    pub refresh_lifetime: Duration,
    /// How many calls of the API and of server functions one principal (a signed-in session), or else one address,
    /// has a minute, on each replica or, with Redis, on all together; 0 for as many as they like.
    pub rate_limit_per_minute: u32,
    /// What mails show.
    pub mail: MailSettings,
    /// Who may make an account.
    pub signup: Signup,
    /// Whether an account may do nothing before its address is proven.
    pub require_verified: bool,
    /// Whose account must have a second factor.
    pub require_factor: RequireFactor,
    /// For how many days an account that its owner has deleted can be restored.
    pub deletion_grace_days: u16,
    /// Usernames that nobody may take, beside those that are reserved everywhere.
    pub reserved_usernames: Vec<String>,
    /// Shortest new password, in code points; below [`PASSWORD_MIN`] only for a developer, see `AS_SEEDS`.
    pub password_min_length: usize,
    /// Least zxcvbn score of a new password, 0 to 4.
    pub password_min_score: u8,
    /// Passwords that nobody may choose, since they were seen in breaches.
    pub breached_passwords: Option<Arc<BreachedPasswords>>,
    /// Where replicas count limits together and tell each other of changes, beside the database.
    pub redis: Option<RedisSettings>,
}

impl Settings {
    /// The defaults of the security promises.
    #[must_use]
    pub fn new(signing: impl Into<KeyRing>, issuer: impl Into<String>) -> Self {
        Self {
            hashing: Hashing::default(),
            signing: signing.into(),
            encryption: None,
            issuer: issuer.into(),
            token_lifetime: Duration::minutes(30),
            refresh_lifetime: Duration::days(30),
            rate_limit_per_minute: 60,
            mail: MailSettings::default(),
            signup: Signup::Open,
            require_verified: false,
            require_factor: RequireFactor::Nobody,
            deletion_grace_days: 14,
            reserved_usernames: Vec::new(),
            password_min_length: PASSWORD_MIN,
            password_min_score: 3,
            breached_passwords: None,
            redis: None,
        }
    }
}
