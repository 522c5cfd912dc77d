//! Second factors that their owner has lost are cleared by an admin, or by whoever can run commands on the server.

use crate::account::register::stored;
use crate::audit::Event;
use crate::mail::Notice;
use crate::version;
use crate::{Accounts, Error, RequestCtx};
use domain::{AddressForm, Factor, FactorsClearing, Role, UserId};
use store::sessions;
use store::users::{self, User};
use store::{Tx, factors};

impl Accounts {
    /// Takes all second factors of a member's account away, with its recovery codes, and ends its sessions and the sign-ins
    /// that wait; its owner is told. An account without any stays as it is. An admin's are not taken: an admin with a stolen
    /// password would be every other one.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], also for an admin's account, [`Error::Invalid`] without a reason,
    /// [`Error::Reauthenticate`] without a recent sign-in, [`Error::OwnAccount`], [`Error::LastWayIn`],
    /// [`Error::NotFound`], [`Error::Unavailable`]; nothing was cleared then.
    pub async fn clear_factors(
        &self,
        ctx: &RequestCtx,
        id: UserId,
        form: FactorsClearing,
    ) -> Result<(), Error> {
        ctx.admin()?;
        let reason = form.parse()?;
        let (tx, user) = self.begin_clearing(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        self.clear_by_admin(tx, ctx, &user, &reason).await
    }

    /// The same for a page, which has shown what there is to clear.
    pub(super) async fn clear_shown_factors(
        &self,
        ctx: &RequestCtx,
        id: UserId,
        reason: &str,
    ) -> Result<(), Error> {
        let (mut tx, user) = self.begin_clearing(ctx, id).await?;
        let factors = factors::ids_in(&mut tx, id).await?;
        ctx.check_version(|| version::of_factors(&user, &factors))?;
        self.clear_by_admin(tx, ctx, &user, reason).await
    }

    async fn begin_clearing(&self, ctx: &RequestCtx, id: UserId) -> Result<(Tx, User), Error> {
        let own = ctx.admin()?.user;
        self.need_recent_admin(ctx).await?;
        if id == own {
            return Err(Error::OwnAccount);
        }
        let (tx, _, user) = self.begin_on(ctx, id).await?;
        if user.role == Role::Admin { Err(Error::Forbidden) } else { Ok((tx, user)) }
    }

    async fn clear_by_admin(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        user: &User,
        reason: &str,
    ) -> Result<(), Error> {
        self.clear_in(&mut tx, ctx, user, Some(reason)).await?;
        Ok(tx.commit().await?)
    }

    /// The same for whoever can run commands on the server: the last admin has nobody else. Says whether there was a second
    /// factor; none where the address has no account.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::LastWayIn`], [`Error::Unavailable`].
    pub async fn clear_factors_of(&self, form: AddressForm) -> Result<Option<bool>, Error> {
        let ctx = RequestCtx::command_line(self.now());
        let email = stored(&form.parse()?)?;
        let Some(user) = users::by_email(self.store(), &email.canonical).await? else { return Ok(None) };
        let mut tx = self.store().begin().await?;
        let Some(user) = users::lock(&mut tx, user.id).await? else { return Ok(None) };
        let cleared = self.clear_in(&mut tx, &ctx, &user, None).await?;
        tx.commit().await?;
        Ok(Some(cleared))
    }

    async fn clear_in(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        reason: Option<&str>,
    ) -> Result<bool, Error> {
        let enrolled = factors::enrolled_in(tx, user.id).await?;
        // With what could come back.
        factors::clear(tx, user.id).await?;
        if enrolled.is_empty() {
            return Ok(false);
        }
        let had_way_in = self.has_way_back(user, enrolled.contains(&Factor::Passkey));
        if had_way_in && !self.has_way_back(user, false) {
            return Err(Error::LastWayIn);
        }
        let ended_sessions = sessions::end_all(tx, user.id, ctx.now).await?;
        self.audit(tx, ctx, Some(user.id), Event::FactorsCleared { ended_sessions, reason }).await?;
        self.notify(tx, ctx, user, Notice::FactorsCleared).await?;
        Ok(true)
    }
}
