//! An attempt to sign in, from a name to a proven factor. `establish.rs` has what comes after.

use crate::audit::Event;
use crate::authentication::throttle::{Admitted, Earned};
use crate::credential::Priority;
use crate::{Accounts, Error, RequestCtx, identifier, policy};
use domain::{Identifier, UserId};
use redis_store::Redis;
use store::Tx;
use store::sessions::Proof;
use store::users::{self, User};
use time::{Duration, OffsetDateTime};

/// An attempt to sign in, with a known or an unknown name. No `Debug`: it may hold a hash.
pub(crate) struct Attempt {
    /// What was typed, in its canonical form.
    pub(crate) name: Identifier,
    pub(crate) user: Option<User>,
    pub(crate) admitted: Admitted,
    if_barred: IfBarred,
}

/// What an attempt that proves its factor does with an account that closes or is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfBarred {
    /// It is refused as everybody else's.
    Refuse,
    /// It is refused, and told how the account is restored, or why it is disabled.
    Tell,
    /// It opens one that closes.
    Restore,
}

impl IfBarred {
    /// What the sign-in pages do: their form says where it restores.
    pub(crate) fn of_page(restores: bool) -> Self {
        if restores { Self::Restore } else { Self::Tell }
    }
}

/// An attempt whose account is certain: a factor was proven, and the account's row is locked until its session is open.
pub(crate) struct ProvenAttempt {
    pub(crate) tx: Tx,
    pub(crate) user: User,
    pub(crate) proofs: Vec<Proof>,
    pub(crate) earned: Earned,
    /// Whether the client is none that the owner is known to use: they are told then. Of their own sign-up they know.
    pub(crate) is_unfamiliar: bool,
}

impl Accounts {
    /// Looks up whose name this is, and counts the try before it checks any factor (P12, P13).
    pub(crate) async fn begin_attempt(
        &self,
        ctx: &RequestCtx,
        identifier: &Identifier,
    ) -> Result<Attempt, Error> {
        let name = identifier::canonical(identifier);
        self.refuse_surplus(ctx)?;
        let share = self.store().share_of_sign_ins().await?;
        self.refuse_surplus(ctx)?;
        let user = self.account_of(&name).await?;
        // Nobody waits for a connection while somebody else waits for Redis.
        let _share = (!self.redis_counts()).then_some(share);
        let admitted = self.admit_sign_in(ctx, &name, user.as_ref()).await?;
        Ok(Attempt { name, user, admitted, if_barred: IfBarred::Refuse })
    }

    /// While the queue for a core is full, a flood of strangers does not reach the database. Without a device token nobody
    /// is known; who shows one is looked up.
    fn refuse_surplus(&self, ctx: &RequestCtx) -> Result<(), Error> {
        let surplus = ctx.client.device.is_none() && self.inner.hasher.is_full(Priority::Stranger);
        if surplus { Err(Error::Overloaded) } else { Ok(()) }
    }

    /// Whether Redis is asked for counts now, and not the database.
    pub(super) fn redis_counts(&self) -> bool {
        self.inner.redis.as_ref().is_some_and(Redis::is_available)
    }

    /// The account of a canonical name.
    pub(crate) async fn account_of(&self, name: &Identifier) -> Result<Option<User>, Error> {
        Ok(match name {
            Identifier::Email(address) => users::by_email(self.store(), address).await?,
            Identifier::Username(name) => users::by_username(self.store(), name).await?,
        })
    }

    /// Refuses an attempt, and records it.
    pub(crate) async fn refuse_attempt<T>(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        user: Option<UserId>,
        refusal: Error,
    ) -> Result<T, Error> {
        // The caller is a stranger to this account, whatever other session they have.
        let ctx = ctx.as_stranger();
        self.audit(&mut tx, &ctx, user, Event::SignInFailed).await?;
        tx.commit().await?;
        Err(refusal)
    }
}

impl ProvenAttempt {
    /// Whether it may earn that its browser is trusted.
    pub(crate) fn may_trust(&self) -> bool {
        let proven: Vec<_> = self.proofs.iter().map(|proof| proof.factor).collect();
        policy::may_trust(self.user.role, &proven)
    }
}

impl Attempt {
    /// Whether a right answer counts. If it does not, it costs the same all the same.
    pub(crate) fn may_succeed(&self, now: OffsetDateTime) -> bool {
        let active = self.user.as_ref().is_some_and(|user| user.is_active);
        let restored = self.if_barred == IfBarred::Restore && self.left_to_restore(now).is_some();
        (active || restored) && self.admitted.is_looked_at()
    }

    /// The same attempt, for an account that may be closing or disabled.
    pub(crate) fn on(self, if_barred: IfBarred) -> Self {
        Self { if_barred, ..self }
    }

    /// After which moment an account may close that is opened.
    pub(crate) fn closing_after(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        (self.if_barred == IfBarred::Restore).then_some(now)
    }

    /// What somebody with the right password is told: the account closes, and can be restored; or why it is disabled. A
    /// second factor is not asked for then: this opens nothing. The reason is told where there is none.
    pub(crate) fn told(&self, now: OffsetDateTime) -> Option<Error> {
        if self.if_barred != IfBarred::Tell || !self.admitted.is_looked_at() {
            return None;
        }
        let closing = self.left_to_restore(now).map(|left| Error::AccountClosing { left });
        closing
            .or_else(|| Some(Error::AccountDisabled { reason: self.user.as_ref()?.disabled_reason.clone()? }))
    }

    fn left_to_restore(&self, now: OffsetDateTime) -> Option<Duration> {
        policy::left_to_restore(self.user.as_ref()?.closes_at, now)
    }
}
