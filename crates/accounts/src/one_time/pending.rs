use crate::{Client, Error, RawToken};
use domain::Profile;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An account that waits for its address to be proven, as it is stored: encrypted. No `Debug`: it holds a hash.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingAccount {
    pub(crate) profile: Profile,
    pub(crate) password_hash: String,
    /// The digest of the cookie of the browser in which the password was typed; none for a program.
    browser: Option<[u8; 32]>,
    /// When the password was typed, in seconds.
    asked_at: i64,
}

impl PendingAccount {
    pub(crate) fn new(
        profile: Profile,
        password_hash: String,
        browser: Option<&RawToken>,
        at: OffsetDateTime,
    ) -> Self {
        Self { profile, password_hash, browser: browser.map(RawToken::digest), asked_at: at.unix_timestamp() }
    }

    /// Whether its password was typed in this browser.
    pub(crate) fn was_typed_in(&self, client: &Client) -> bool {
        self.browser.is_some() && self.browser == client.sign_up.as_ref().map(RawToken::digest)
    }

    /// When.
    pub(crate) fn asked_at(&self) -> Result<OffsetDateTime, Error> {
        OffsetDateTime::from_unix_timestamp(self.asked_at).map_err(Error::internal)
    }
}
