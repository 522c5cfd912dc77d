use crate::account::register::{reachable, stored};
use crate::admin::link::PrintedLink;
use crate::audit::Event;
use crate::mail::Mail;
use crate::one_time::NewToken;
use crate::{Accounts, Error, Field, RequestCtx};
use domain::{AddressForm, Email, InviteForm, Purpose, Role};
use store::one_time_tokens::{self, Owner};
use store::{Tx, users};

impl Accounts {
    /// Invites somebody to make an account of this role; for whoever can run commands on the server. An earlier
    /// invitation of the address ends. The link is mailed; where mail is off, it is returned.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Taken`] where the address has an account, [`Error::MailOff`] without encryption
    /// keys, [`Error::Unavailable`].
    pub async fn invite(&self, form: AddressForm, role: Role) -> Result<Option<PrintedLink>, Error> {
        let ctx = RequestCtx::command_line(self.now());
        let tx = self.store().begin().await?;
        self.invite_in(tx, &ctx, &form.parse()?, role).await
    }

    /// The same by an admin, after a recent sign-in.
    ///
    /// # Errors
    /// As [`Accounts::invite`], and [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Reauthenticate`].
    pub async fn invite_by(&self, ctx: &RequestCtx, form: InviteForm) -> Result<Option<PrintedLink>, Error> {
        ctx.admin()?;
        let (email, role) = form.parse()?;
        self.need_recent_admin(ctx).await?;
        let tx = self.begin_as_admin(ctx).await?;
        self.invite_in(tx, ctx, &email, role).await
    }

    /// Takes the invitation of an address back, and its mail if that was not sent yet. Says whether there was one.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Unavailable`].
    pub async fn revoke_invitation(&self, form: AddressForm) -> Result<bool, Error> {
        let ctx = RequestCtx::command_line(self.now());
        let email = stored(&form.parse()?)?;
        let tx = self.store().begin().await?;
        self.revoke_in(tx, &ctx, &email.canonical).await
    }

    async fn invite_in(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        email: &Email,
        role: Role,
    ) -> Result<Option<PrintedLink>, Error> {
        let email = reachable(email)?;
        if users::by_email_in(&mut tx, &email.canonical).await?.is_some() {
            return Err(Error::Taken(Field::Email));
        }
        let detail = serde_json::to_vec(&role).map_err(Error::internal)?;
        let new = NewToken { purpose: Purpose::Invite, user: None, email: &email, detail: Some(&detail) };
        let token = self.mint(&mut tx, &new, self.inner.database_clock.time(ctx.now)).await?;
        self.audit(&mut tx, ctx, None, Event::Invited { role }).await?;
        let link = if self.sends_mail() {
            self.enqueue(&mut tx, ctx, &Mail::Invited { token: token.id, role }).await?;
            None
        } else {
            Some(self.printed(&mut tx, ctx, &token, Purpose::Invite).await?)
        };
        tx.commit().await?;
        Ok(link)
    }

    pub(super) async fn revoke_in(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        email_canonical: &str,
    ) -> Result<bool, Error> {
        let owner = Owner { user: None, email_canonical };
        let now = self.inner.database_clock.time(ctx.now);
        let live = one_time_tokens::live(&mut tx, Purpose::Invite, owner, now).await?;
        one_time_tokens::revoke(&mut tx, Purpose::Invite, owner, None).await?;
        if live.is_some() {
            self.audit(&mut tx, ctx, None, Event::InvitationRevoked).await?;
        }
        tx.commit().await?;
        Ok(live.is_some())
    }
}
