//! A change of address. Where mail is set up it waits for the proof of the new address, and the old one is told of it;
//! until then the account keeps the old one.

use crate::account::me::{Changes, NewEmail};
use crate::audit::Event;
use crate::mail::{Mail, Notice};
use crate::one_time::{NewToken, Redeemable};
use crate::{Accounts, Error, Field, RequestCtx, Signup};
use domain::{
    EmailChange, EmailForm, EmailView, FieldError, Identifier, PlainPassword, Purpose, Reason, UserId,
};
use store::sessions::pending;
use store::users::{self, User};
use store::{Tx, one_time_tokens};
use time::OffsetDateTime;

/// What mails to an address are good for: they end when the account has another one, or closes.
pub(super) const MAILED: [Purpose; 4] =
    [Purpose::Reset, Purpose::Verify, Purpose::ChangeEmail, Purpose::SignIn];

impl Accounts {
    /// The caller's address, and the one that waits for its proof.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn email(&self, ctx: &RequestCtx) -> Result<EmailView, Error> {
        let user = self.own_account(ctx.proving()?).await?;
        self.email_view(ctx, user).await
    }

    /// Changes the caller's address: at once where no mail is set up, else once the new one is proven.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong current password), [`Error::Taken`] where a sign-up
    /// would say so too, [`Error::TooManyTries`], [`Error::Overloaded`], [`Error::Unavailable`]; nothing changed then.
    pub async fn change_email(&self, ctx: &RequestCtx, form: EmailForm) -> Result<EmailView, Error> {
        let member = ctx.proving()?;
        let EmailChange { email, password } = form.parse()?;
        let user = self.own_account(member).await?;
        let unchanged = || Error::from(FieldError::new("email", Reason::EmailUnchanged));
        let new = NewEmail::of(Some(&email), &user)?.ok_or_else(unchanged)?;
        let waits = self.sends_mail();
        self.admit_email(ctx, &user, &new, waits).await?;
        let refusal = Event::ReauthenticationRefused;
        let stepped_up = self.step_up(ctx, user, Some(password), refusal).await.map_err(of_this_form)?;
        let (mut tx, user) = self.begin_unproven(ctx).await?;
        stepped_up.holds(&user).map_err(of_this_form)?;
        let user = match self.move_to(&mut tx, ctx, user, Changes::default(), &new, waits).await {
            Err(Error::Taken(Field::Email)) => return self.tell_taken(tx, ctx, new.canonical()).await,
            moved => moved?,
        };
        tx.commit().await?;
        self.email_view(ctx, user).await
    }

    /// Gives up the address that waits for its proof: its link and code end.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn cancel_email_change(&self, ctx: &RequestCtx) -> Result<EmailView, Error> {
        ctx.proving()?;
        let (mut tx, user) = self.begin_unproven(ctx).await?;
        if one_time_tokens::revoke_all(&mut tx, user.id, &[Purpose::ChangeEmail]).await? > 0 {
            self.audit(&mut tx, ctx, Some(user.id), Event::EmailChangeCancelled).await?;
        }
        tx.commit().await?;
        self.email_view(ctx, user).await
    }

    /// Whether a change by the API waits for a proof: where an address counts only once it is proven.
    pub(crate) fn api_email_waits(&self) -> bool {
        let settings = self.settings();
        self.sends_mail() && (settings.signup == Signup::Verify || settings.require_verified)
    }

    /// Counts a try of a new address, and the mail that it leads to.
    pub(crate) async fn admit_email(
        &self,
        ctx: &RequestCtx,
        user: &User,
        new: &NewEmail,
        waits: bool,
    ) -> Result<(), Error> {
        self.admit_new_address(ctx, user.id).await?;
        if !waits {
            return Ok(());
        }
        self.admit_mail(ctx, Purpose::ChangeEmail, &Identifier::Email(new.canonical().to_owned()))
            .await
            .map(drop)
    }

    /// Changes a locked account, and gives it another address or lets that wait for its proof.
    pub(crate) async fn move_to(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: User,
        changes: Changes,
        new: &NewEmail,
        waits: bool,
    ) -> Result<User, Error> {
        let email = (!waits).then(|| new.clone());
        let user = self.change(tx, ctx, user, &Changes { email, ..changes }).await?;
        if !waits {
            return Ok(user);
        }
        // Where a sign-up tells nobody that an address has an account, neither does this: the mail does.
        let told = self.settings().signup != Signup::Verify;
        if told && users::email_is_taken(tx, new.canonical(), user.id).await? {
            return Err(Error::Taken(Field::Email));
        }
        self.await_proof(tx, ctx, &user, new).await?;
        Ok(user)
    }

    /// Mails the link to the new address, and tells the old one.
    pub(super) async fn await_proof(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        NewEmail(new): &NewEmail,
    ) -> Result<(), Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let token = NewToken { purpose: Purpose::ChangeEmail, user: Some(user.id), email: new, detail: None };
        let token = self.mint(tx, &token, now).await?;
        self.enqueue(tx, ctx, &Mail::ConfirmNewEmail { token: token.id }).await?;
        let notice = Notice::EmailChangeRequested { new_email: new.shown.clone() };
        self.notify(tx, ctx, user, notice).await?;
        self.audit(tx, ctx, Some(user.id), Event::EmailChangeRequested).await
    }

    /// The proof of a new address: from now on it is the account's, and the old one is told.
    pub(super) async fn prove_new_email(
        &self,
        ctx: &RequestCtx,
        token: &Redeemable,
        password: Option<PlainPassword>,
    ) -> Result<User, Error> {
        let user = self.owner_of(token.user).await?;
        self.own(ctx, &user, password).await?;
        let (mut tx, before) = self.begin_by_token(ctx, token).await?;
        let new = (token.email.shown.as_str(), token.email.canonical.as_str());
        users::set_proven_email(&mut tx, before.id, new, ctx.now).await?;
        self.check_kept(&mut tx, new.1, before.id, ctx.now).await?;
        self.tell_moved(&mut tx, ctx, &before, new.0).await?;
        self.audit(&mut tx, ctx, Some(before.id), Event::EmailChanged).await?;
        let proven = users::lock(&mut tx, before.id).await?.ok_or(Error::LinkInvalid)?;
        tx.commit().await?;
        Ok(proven)
    }

    /// Tells the old address of the new one, and ends what was mailed to it; the link that takes the account back stays.
    pub(super) async fn tell_moved(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        before: &User,
        new_email: &str,
    ) -> Result<(), Error> {
        one_time_tokens::revoke_all(tx, before.id, &MAILED).await?;
        // One may wait that was begun by a code to the old address.
        pending::end_all(tx, before.id).await?;
        self.notify(tx, ctx, before, Notice::EmailChanged { new_email: new_email.to_owned() }).await
    }

    /// Refuses an address that its former owner may still take back: whoever took an account over must not keep it from
    /// them by another one. To be asked after the address was written, when no other transaction can bring the link in.
    pub(super) async fn check_kept(
        &self,
        tx: &mut Tx,
        canonical: &str,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let now = self.inner.database_clock.time(now);
        let kept = one_time_tokens::is_kept(tx, canonical, user, now).await?;
        if kept { Err(Error::Taken(Field::Email)) } else { Ok(()) }
    }

    async fn email_view(&self, ctx: &RequestCtx, user: User) -> Result<EmailView, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let waiting = one_time_tokens::of_user(self.store(), Purpose::ChangeEmail, user.id, now).await?;
        Ok(EmailView {
            email: user.email,
            verified: user.email_verified,
            waiting: waiting.map(|token| token.email),
            sends_mail: self.sends_mail(),
        })
    }
}

/// A refused password, by the name that the field has in this form.
fn of_this_form(error: Error) -> Error {
    match error {
        Error::Invalid(errors) => Error::Invalid(
            errors.into_iter().map(|error| FieldError { field: "password".to_owned(), ..error }).collect(),
        ),
        other => other,
    }
}
