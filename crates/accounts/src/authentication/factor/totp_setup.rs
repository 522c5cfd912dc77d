//! Setting up an authenticator app, and taking it away.

use super::totp::SECRET_BYTES;
use super::{Added, FactorAdded, Removed};
use crate::audit::Event;
use crate::credential::Label;
use crate::mail::Notice;
use crate::policy::{self, SWEEP_BATCH};
use crate::rng::{self, bytes};
use crate::version;
use crate::view::timestamp;
use crate::{Accounts, Error, Member, RequestCtx};
use domain::{
    Factor, FactorForm, FactorsView, FieldError, Purpose, Reason, TotpConfirmForm, TotpEnrolment, TotpView,
    UserId,
};
use store::factors::totp::{self, SealedSecret};
use store::factors::{self, recovery_codes};
use store::sessions::{self, pending};
use store::users::User;
use store::{Tx, known_devices};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// An authenticator app that is being set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingTotp {
    /// What the app needs to know.
    pub enrolment: TotpEnrolment,
    /// Of this key: one that was made anew has another.
    pub version: String,
}

impl Accounts {
    /// The caller's own second factors.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn factors(&self, ctx: &RequestCtx) -> Result<FactorsView, Error> {
        let Member { user, role, .. } = ctx.enrolling()?;
        let user = *user;
        let times = totp::times(self.store(), user).await?;
        let left = recovery_codes::count(self.store(), user).await?;
        Ok(FactorsView {
            passkeys: self.passkeys_of(user).await?,
            passkeys_available: self.has_passkeys(),
            required: self.must_enrol(*role, false),
            totp: times.map(|times| TotpView {
                added_at: timestamp(times.added_at),
                last_used_at: timestamp(times.last_used_at),
            }),
            totp_available: self.settings().encryption.is_some(),
            recovery_codes_left: u32::try_from(left).unwrap_or(u32::MAX),
            recovery_codes_seen: !recovery_codes::has_unseen(self.store(), user).await?,
        })
    }

    /// Begins to set an authenticator app up. It counts for nothing before its first code was typed; one that counts
    /// stays until then. What was begun before is forgotten.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::FactorsOff`],
    /// [`Error::TooManyTries`], [`Error::Unavailable`].
    pub async fn begin_totp(&self, ctx: &RequestCtx) -> Result<TotpEnrolment, Error> {
        let member = ctx.enrolling()?;
        let session = member.session;
        let keys = self.settings().encryption.as_ref().ok_or(Error::FactorsOff)?;
        self.admit_factor_setup(ctx, member).await?;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let (rng, now) = (self.inner.rng.as_ref(), self.inner.database_clock.time(ctx.now));
        let (id, secret) = (rng::uuid(rng, now), Zeroizing::new(bytes::<SECRET_BYTES>(rng)));
        let sealed = keys.seal(Label::Totp, id, secret.as_ref(), now, rng)?;
        let row = SealedSecret { id, key_id: sealed.key_id, sealed: sealed.bytes };
        totp::begin(&mut tx, (user.id, session), &row, now + policy::TOTP_WAITS_FOR_CODE).await?;
        tx.commit().await?;
        Ok(self.totp_enrolment(secret.as_ref(), &user))
    }

    /// The authenticator app that is being set up in this session, to be shown once more: nobody else may know its secret,
    /// or choose it.
    ///
    /// # Errors
    /// As [`Accounts::begin_totp`].
    pub async fn pending_totp(&self, ctx: &RequestCtx) -> Result<Option<PendingTotp>, Error> {
        let session = ctx.enrolling()?.session;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let now = self.inner.database_clock.time(ctx.now);
        let Some(begun) = totp::begun(&mut tx, (user.id, session), now).await? else { return Ok(None) };
        let enrolment = self.totp_enrolment(&self.unsealed_totp(&begun)?, &user);
        Ok(Some(PendingTotp { enrolment, version: version::of_app(begun.id) }))
    }

    /// From now on signing in takes a code of the app that was set up. All other sessions end, and the other known
    /// devices are forgotten. With the first second factor come recovery codes, which are shown this once.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::Invalid`] (also for a
    /// wrong code), [`Error::ChangedMeanwhile`] where nothing is being set up, or another key, [`Error::FactorsOff`],
    /// [`Error::Unavailable`]; nothing was changed then.
    pub async fn confirm_totp(&self, ctx: &RequestCtx, form: TotpConfirmForm) -> Result<FactorAdded, Error> {
        let member = ctx.enrolling()?;
        let code = form.parse()?;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let now = self.inner.database_clock.time(ctx.now);
        let begun =
            totp::begun(&mut tx, (user.id, member.session), now).await?.ok_or(Error::ChangedMeanwhile)?;
        ctx.check_version(|| version::of_app(begun.id))?;
        let Some(step) = self.matching_step(ctx, &begun, &code)? else {
            return Err(FieldError::new("code", Reason::FactorCodeWrong).into());
        };
        let is_first = factors::enrolled_in(&mut tx, user.id).await?.is_empty();
        let replaced = totp::times_in(&mut tx, user.id).await?.is_some();
        let at = self.removed_at(&mut tx, ctx, user.id).await?;
        totp::confirm(&mut tx, user.id, &begun, step, at).await?;
        let new = Added { factor: Factor::Totp, passkey: None, is_first, replaced };
        let added = self.factor_added(&mut tx, ctx, &user, new).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Signing in no longer takes a code of the app, which may be on a stolen phone: every other session in which one was
    /// typed ends. With the last second factor the recovery codes go. One that is not there is as it should be.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::FactorRequired`] for the last
    /// one where the account must have one, [`Error::Unavailable`].
    pub async fn remove_totp(&self, ctx: &RequestCtx, FactorForm {}: FactorForm) -> Result<(), Error> {
        let own = ctx.member()?.session;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let at = self.removed_at(&mut tx, ctx, user.id).await?;
        if totp::remove(&mut tx, user.id, at).await? {
            self.need_factor(&mut tx, &user).await?;
            let by = (Factor::Totp, own);
            let ended_sessions = sessions::end_others_by(&mut tx, user.id, by, ctx.now).await?;
            let removed = Removed { ended_sessions, kept: Some(at), ..Removed::of(Factor::Totp) };
            self.factor_removed(&mut tx, ctx, &user, removed).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Removes what somebody set up in an account before anybody had proven its address: whoever reads the mailbox may be
    /// another person.
    pub(crate) async fn remove_factors_of_before(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
    ) -> Result<(), Error> {
        let enrolled = factors::enrolled_in(tx, user.id).await?;
        factors::clear(tx, user.id).await?;
        for factor in enrolled {
            self.factor_removed(tx, ctx, user, Removed::of(factor)).await?;
        }
        Ok(())
    }

    /// What else becomes of an account that has lost a factor.
    pub(crate) async fn factor_removed(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        removed: Removed<'_>,
    ) -> Result<(), Error> {
        self.record_removed(tx, ctx, user.id, removed).await?;
        let notice = Notice::FactorRemoved { factor: removed.factor.as_str().to_owned() };
        self.notify(tx, ctx, user, notice).await
    }

    /// When a factor is removed, and until when it can come back by "this wasn't me".
    pub(super) async fn removed_at(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(OffsetDateTime, OffsetDateTime), Error> {
        let at = self.in_order(tx, ctx, user).await?;
        Ok((at, at + policy::token_lifetime(Purpose::NotMe)))
    }

    pub(super) async fn record_removed(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
        Removed { factor, passkey, ended_sessions, kept }: Removed<'_>,
    ) -> Result<(), Error> {
        if factors::enrolled_in(tx, user).await?.is_empty() {
            match kept {
                Some(until) => recovery_codes::keep(tx, user, until).await?,
                None => recovery_codes::delete(tx, user).await?,
            }
        }
        pending::end_all(tx, user).await?;
        known_devices::end_trust(tx, user).await?;
        self.audit(tx, ctx, Some(user), Event::FactorRemoved { factor, passkey, ended_sessions }).await
    }

    /// Begins a change of the caller's factors, which takes a recent sign-in.
    pub(crate) async fn begin_stepped_up(&self, ctx: &RequestCtx) -> Result<(Tx, User), Error> {
        let (mut tx, user) = self.begin_enrolling(ctx).await?;
        self.need_recent_sign_in_in(&mut tx, &user, ctx).await?;
        Ok((tx, user))
    }

    fn totp_enrolment(&self, secret: &[u8], user: &User) -> TotpEnrolment {
        TotpEnrolment::of(secret, &self.settings().mail.app_name, &user.email)
    }

    /// Deletes authenticator apps that nobody finished to set up.
    pub(crate) async fn sweep_totp_enrolments(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (now, batch) = (self.inner.database_clock.time(now), SWEEP_BATCH.unsigned_abs());
        while totp::sweep(self.store(), now, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }
}
