//! What becomes of second factors when the owner takes the account back.

use super::{Removed, SAME_MOMENT};
use crate::audit::{Event, OfPasskey};
use crate::identifier::Address;
use crate::policy::SWEEP_BATCH;
use crate::{Accounts, Error, RequestCtx};
use domain::{Factor, UserId};
use store::Tx;
use store::factors::passkeys::{self, Named};
use store::factors::{self, recovery_codes, removed_passkeys, replaced_totp, totp};
use store::one_time_tokens::{self, OfFactor};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What became of second factors.
pub(crate) struct TakenBack {
    /// When the one was set up that stays, although it is newer than the link.
    pub(crate) spared: Option<OffsetDateTime>,
    /// Whether some came back.
    pub(crate) restored: bool,
}

impl Accounts {
    /// Removes what somebody set up in an account since then, who was not its owner. What protected the account before is
    /// asked for again: if none of it is left, it comes back as it was. What is left stays alone, since its owner may have
    /// removed the rest for good: a phone that was stolen, with the mailbox on it.
    ///
    /// The first second factor of those that are left stays where a link of before would take it, so that no old mail leaves
    /// one step of two, while the address that was told then has its own link, which does. Nobody is
    /// told at the address that the account has: it may be a thief's.
    pub(crate) async fn take_factors_back(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
        (told, since): (&Address, OffsetDateTime),
    ) -> Result<TakenBack, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let factors = factors::since(tx, user, since - SAME_MOMENT, now).await?;
        let first = factors.first_since.filter(|first| !factors.had_one && *first > since);
        // Of one that was set up once a thief had moved the address, nobody else was told.
        let links = one_time_tokens::of_factors_in(tx, user).await?;
        let told =
            |added_at| links.iter().any(|link| link.added_at == added_at && is_live_at(link, told, now));
        let spared = first.filter(|first| told(*first));
        let then = spared.map_or(since - SAME_MOMENT, |first| first + Duration::MICROSECOND);
        recovery_codes::delete_since(tx, user, then).await?;
        let passkeys = passkeys::delete_since(tx, user, then).await?;
        let has_newer_app = totp::times_in(tx, user).await?.is_some_and(|app| app.added_at >= then);
        let app = has_newer_app && totp::delete(tx, user).await?;
        let restored = self.restore_factors(tx, ctx, user, (then, now)).await?;
        let passkeys = passkeys.iter().map(|Named { id, name }| {
            let passkey = Some(OfPasskey { id: *id, name });
            Removed { passkey, ..Removed::of(Factor::Passkey) }
        });
        for removed in passkeys.chain(app.then_some(Removed::of(Factor::Totp))) {
            self.record_removed(tx, ctx, user, removed).await?;
        }
        passkeys::distrust(tx, user).await?;
        Ok(TakenBack { spared, restored })
    }

    /// Gives an account without a second factor those back that it had then, with its recovery codes. Says whether it had any.
    async fn restore_factors(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
        (then, now): (OffsetDateTime, OffsetDateTime),
    ) -> Result<bool, Error> {
        if !factors::enrolled_in(tx, user).await?.is_empty() {
            replaced_totp::forget(tx, user).await?;
            removed_passkeys::forget(tx, user).await?;
            recovery_codes::forget(tx, user).await?;
            return Ok(false);
        }
        let mut restored = false;
        if replaced_totp::restore(tx, user, then, now).await? {
            restored = true;
            let event = Event::FactorRestored { factor: Factor::Totp, passkey: None };
            self.audit(tx, ctx, Some(user), event).await?;
        }
        for Named { id, name } in removed_passkeys::restore(tx, user, then, now).await? {
            restored = true;
            let passkey = Some(OfPasskey { id, name: &name });
            let event = Event::FactorRestored { factor: Factor::Passkey, passkey };
            self.audit(tx, ctx, Some(user), event).await?;
        }
        if restored {
            recovery_codes::restore(tx, user, then, now).await?;
        } else {
            recovery_codes::forget(tx, user).await?;
        }
        Ok(restored)
    }

    /// The links to this address that told of second factors which an account still has.
    pub(crate) async fn links_of_factors(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
        told: &Address,
    ) -> Result<Vec<Uuid>, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let links = one_time_tokens::of_factors_in(tx, user).await?;
        Ok(links.iter().filter(|link| is_live_at(link, told, now)).map(|link| link.id).collect())
    }

    /// Deletes authenticator apps that were replaced or removed so long ago that they do not come back.
    pub(crate) async fn sweep_replaced_totp(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (now, batch) = (self.inner.database_clock.time(now), SWEEP_BATCH.unsigned_abs());
        while replaced_totp::sweep(self.store(), now, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }

    /// The same of passkeys.
    pub(crate) async fn sweep_removed_passkeys(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (now, batch) = (self.inner.database_clock.time(now), SWEEP_BATCH.unsigned_abs());
        while removed_passkeys::sweep(self.store(), now, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }

    /// The same of recovery codes.
    pub(crate) async fn sweep_removed_recovery_codes(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (now, batch) = (self.inner.database_clock.time(now), SWEEP_BATCH.unsigned_abs());
        while recovery_codes::sweep(self.store(), now, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }
}

/// Whether a link went to this address, and has not ended.
fn is_live_at(link: &OfFactor, told: &Address, now: OffsetDateTime) -> bool {
    link.email_canonical == told.canonical && link.expires_at > now
}
