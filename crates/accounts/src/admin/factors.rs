//! Second factors that their owner has lost are cleared by an admin, or by whoever can run commands on the server.

use crate::account::register::stored;
use crate::audit::Event;
use crate::mail::Notice;
use crate::version;
use crate::{Accounts, Error, RequestCtx};
use domain::{AddressForm, FactorsClearing, UserId};
use store::sessions;
use store::users::{self, User};
use store::{Tx, factors};

impl Accounts {
    /// Takes all second factors of somebody else's account away, with its recovery codes, and ends its sessions and the
    /// sign-ins that wait; its owner is told. An account without any stays as it is.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`] without a reason, [`Error::Reauthenticate`]
    /// without a recent sign-in, [`Error::OwnAccount`], [`Error::NotFound`], [`Error::Unavailable`]; nothing was cleared
    /// then.
    pub async fn clear_factors(
        &self,
        ctx: &RequestCtx,
        id: UserId,
        form: FactorsClearing,
    ) -> Result<(), Error> {
        let own = ctx.admin()?.user;
        let reason = form.parse()?;
        self.need_recent_admin(ctx).await?;
        if id == own {
            return Err(Error::OwnAccount);
        }
        let (mut tx, _, user) = self.begin_on(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        self.clear_in(&mut tx, ctx, &user, Some(&reason)).await?;
        Ok(tx.commit().await?)
    }

    /// The same for whoever can run commands on the server: the last admin has nobody else. Says whether there was a second
    /// factor; none where the address has no account.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Unavailable`].
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
        if factors::enrolled_in(tx, user.id).await?.is_empty() {
            return Ok(false);
        }
        factors::clear(tx, user.id).await?;
        let ended_sessions = sessions::end_all(tx, user.id, ctx.now).await?;
        self.audit(tx, ctx, Some(user.id), Event::FactorsCleared { ended_sessions, reason }).await?;
        self.notify(tx, ctx, user, Notice::FactorsCleared).await?;
        Ok(true)
    }
}
