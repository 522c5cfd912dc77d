//! Recovery codes: for whoever has lost what they sign in with beside the password.

use crate::audit::Event;
use crate::limits::key::key;
use crate::mail::Notice;
use crate::rng::bytes;
use crate::{Accounts, Error, Member, RequestCtx};
use domain::{RecoveryCode, RecoveryCodes, SessionKind, UserId};
use store::factors;
use store::factors::recovery_codes::{self, CodeHash};
use store::users::User;
use store::{Tx, known_devices};

/// How many codes an account has at first.
const CODES: usize = 10;

impl Accounts {
    /// Makes new recovery codes, which are shown this once; the old ones no longer work.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::NotFound`] without any
    /// second factor, [`Error::Unavailable`].
    pub async fn new_recovery_codes(&self, ctx: &RequestCtx) -> Result<RecoveryCodes, Error> {
        ctx.member()?;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        if factors::enrolled_in(&mut tx, user.id).await?.is_empty() {
            return Err(Error::NotFound);
        }
        let codes = self.replace_recovery_codes(&mut tx, ctx, ctx.member()?).await?;
        known_devices::end_trust(&mut tx, user.id).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::RecoveryCodesMade).await?;
        self.notify(&mut tx, ctx, &user, Notice::RecoveryCodesMade).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Gives the caller's account new codes and no others. A program reads them in the answer; a browser's page says that
    /// it has shown them (`see_recovery_codes`), or the answer was lost.
    pub(crate) async fn replace_recovery_codes(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        Member { user, kind, .. }: &Member,
    ) -> Result<RecoveryCodes, Error> {
        let (user, now) = (*user, self.inner.database_clock.time(ctx.now));
        let seen_at = (*kind != SessionKind::Browser).then_some(now);
        let codes: Vec<_> = (0..CODES).map(|_| RecoveryCode::of(bytes(self.inner.rng.as_ref()))).collect();
        let hashes: Vec<_> = codes.iter().map(|code| hash(user, code)).collect();
        let made_at = self.in_order(tx, ctx, user).await?;
        recovery_codes::replace(tx, user, &hashes, made_at, seen_at).await?;
        Ok(RecoveryCodes { recovery_codes: codes.iter().map(RecoveryCode::in_groups).collect() })
    }

    /// Whether this is a code of an account; it is used up then, and the owner is told how many are left.
    pub(super) async fn use_recovery_code(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        code: &RecoveryCode,
    ) -> Result<bool, Error> {
        if !recovery_codes::use_up(tx, user.id, &hash(user.id, code)).await? {
            return Ok(false);
        }
        // Whoever needs one may have lost what they trusted.
        known_devices::end_trust(tx, user.id).await?;
        let left = recovery_codes::count_in(tx, user.id).await?;
        self.audit(tx, ctx, Some(user.id), Event::RecoveryCodeUsed { left }).await?;
        let notice = Notice::RecoveryCodeUsed { left: left.unsigned_abs() };
        self.notify(tx, ctx, user, notice).await?;
        Ok(true)
    }
}

/// A code as it is stored: nobody guesses 120 bits, nor the 80 of before, so it needs no slow hash.
pub(super) fn hash(user: UserId, code: &RecoveryCode) -> CodeHash {
    key("recovery code", &[user.0.as_bytes(), code.as_str().as_bytes()])
}
