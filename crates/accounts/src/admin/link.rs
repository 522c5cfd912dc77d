use crate::account::register::stored;
use crate::audit::Event;
use crate::one_time::{Link, NewToken};
use crate::{Accounts, Error, RequestCtx, Signup, policy, view};
use domain::{AddressForm, Purpose, Timestamp};
use store::Tx;
use store::one_time_tokens::{self, OneTimeToken, Owner};
use store::users::{self, User};

/// A link for an operator to pass on. No `Debug`: whoever has it gets in.
pub struct PrintedLink {
    /// What to open.
    pub url: String,
    /// What to type instead, together with the address.
    pub code: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What an operator's link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFor {
    /// Choosing a new password.
    Reset,
    /// Proving the address of an account or a sign-up.
    Verify,
    /// Accepting an invitation that exists.
    Invite,
}

impl Accounts {
    /// The link that a mail to this address would bring, for whoever can run commands on the server: the live one, so
    /// that it may also be in a mail, or a new one. None where there is nothing to open.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::MailOff`] without encryption keys, [`Error::Unavailable`].
    pub async fn operator_link(
        &self,
        what: LinkFor,
        form: AddressForm,
    ) -> Result<Option<PrintedLink>, Error> {
        let ctx = RequestCtx::command_line(self.now());
        let email = stored(&form.parse()?)?;
        let now = self.inner.database_clock.time(ctx.now);
        let user = users::by_email(self.store(), &email.canonical).await?;
        let active = user.filter(|user| user.is_active);
        let wanted = match what {
            LinkFor::Reset => active.map(|user| (Purpose::Reset, Some(user))),
            LinkFor::Invite => Some((Purpose::Invite, None)),
            LinkFor::Verify => match active {
                Some(user) => (!user.email_verified).then_some((Purpose::Verify, Some(user))),
                None => (self.settings().signup != Signup::Closed).then_some((Purpose::SignUp, None)),
            },
        };
        let Some((purpose, user)) = wanted else { return Ok(None) };
        let mut tx = self.store().begin().await?;
        let token = if let Some(User { id, .. }) = &user {
            let new = NewToken { purpose, user: Some(*id), email: &email, detail: None };
            Some(self.mint(&mut tx, &new, now).await?)
        } else {
            let owner = Owner { user: None, email_canonical: &email.canonical };
            one_time_tokens::live(&mut tx, purpose, owner, now).await?
        };
        let Some(token) = token else { return Ok(None) };
        let made = Event::LinkMade { purpose: purpose.as_str() };
        self.audit(&mut tx, &ctx, user.map(|user| user.id), made).await?;
        let link = self.printed(&mut tx, &ctx, &token, purpose).await?;
        tx.commit().await?;
        Ok(Some(link))
    }

    /// A token that works long enough to be passed on: the live one, unless it has nearly ended.
    pub(super) async fn mint_to_pass_on(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        new: &NewToken<'_>,
    ) -> Result<OneTimeToken, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let live = self.mint(tx, new, now).await?;
        if live.expires_at - now >= policy::token_lifetime(new.purpose) / 2 {
            return Ok(live);
        }
        let owner = Owner { user: new.user, email_canonical: &new.email.canonical };
        one_time_tokens::revoke(tx, new.purpose, owner, None).await?;
        self.mint(tx, new, now).await
    }

    /// A token's link, for an operator. Its lifetime begins now unless a mail has begun it.
    pub(super) async fn printed(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &OneTimeToken,
        purpose: Purpose,
    ) -> Result<PrintedLink, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let from_now = now + policy::token_lifetime(purpose);
        one_time_tokens::note_sent(tx, token.id, now, from_now).await?;
        one_time_tokens::note_passed_on(tx, token.id).await?;
        let expires_at = if token.sent_at.is_some() { token.expires_at } else { from_now };
        let Link { url, code } = self.link(purpose, &token.key_id, token.id)?;
        Ok(PrintedLink { url, code, expires_at: view::timestamp(expires_at) })
    }
}
