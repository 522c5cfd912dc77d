//! Recovery codes on their way from the form that made them to the page that shows them once: the browser carries them,
//! and cannot read them.

use super::recovery_code::hash;
use crate::credential::{EncryptionKeys, Label, Sealed};
use crate::{Accounts, Error, RequestCtx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{RecoveryCode, RecoveryCodes, UserId};
use std::borrow::Cow;
use store::factors::recovery_codes;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

/// How long codes wait for their page: as long as the cookie that carries them.
const SHOWN_FOR: Duration = Duration::minutes(10);

impl Accounts {
    /// Codes of an account as a browser keeps them: only that account opens them.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub fn seal_recovery_codes(&self, owner: UserId, codes: &RecoveryCodes) -> Result<String, Error> {
        let now = self.now();
        let text = Zeroizing::new(format!("{} {}", now.unix_timestamp(), codes.recovery_codes.join(" ")));
        let keys = self.keys_of_what_is_shown()?;
        let sealed = keys.seal(Label::ShownOnce, owner.0, text.as_bytes(), now, self.inner.rng.as_ref())?;
        Ok(format!("{}.{}", sealed.key_id, URL_SAFE_NO_PAD.encode(sealed.bytes)))
    }

    /// The codes in such a text, which the caller sees now. None where they are somebody else's, or work no longer.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn see_recovery_codes(
        &self,
        ctx: &RequestCtx,
        sealed: &str,
    ) -> Result<Option<RecoveryCodes>, Error> {
        let user = ctx.member()?.user;
        let Some(codes) = self.opened(user, sealed, ctx.now) else { return Ok(None) };
        let hashes: Vec<_> = codes.iter().map(|code| hash(user, code)).collect();
        let now = self.inner.database_clock.time(ctx.now);
        let work = recovery_codes::saw(self.store(), user, &hashes, now).await? > 0;
        let shown = || RecoveryCodes { recovery_codes: codes.iter().map(RecoveryCode::in_groups).collect() };
        Ok(work.then(shown))
    }

    fn opened(&self, owner: UserId, sealed: &str, now: OffsetDateTime) -> Option<Vec<RecoveryCode>> {
        let (key_id, bytes) = sealed.split_once('.')?;
        let sealed = Sealed { key_id: key_id.to_owned(), bytes: URL_SAFE_NO_PAD.decode(bytes).ok()? };
        let text = self.keys_of_what_is_shown().ok()?.open(Label::ShownOnce, owner.0, &sealed).ok()?;
        let (made, codes) = str::from_utf8(&text).ok()?.split_once(' ')?;
        let made = OffsetDateTime::from_unix_timestamp(made.parse().ok()?).ok()?;
        // A copy of the cookie shows nothing later.
        (now - made <= SHOWN_FOR).then(|| codes.split(' ').map(RecoveryCode::parse).collect())?
    }

    /// Where nothing is encrypted at rest, a key that follows from the one that signs.
    fn keys_of_what_is_shown(&self) -> Result<Cow<'_, EncryptionKeys>, Error> {
        match &self.settings().encryption {
            Some(keys) => Ok(Cow::Borrowed(keys)),
            None => EncryptionKeys::from_secret(self.settings().signing.derive("shown once")).map(Cow::Owned),
        }
    }
}
