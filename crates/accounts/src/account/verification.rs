//! Proving an address: a mail's link or code, shown by whoever is signed in as the account or knows its password.

use crate::audit::Event;
use crate::authentication::attempt::{Attempt, ProvenAttempt};
use crate::mail::Mail;
use crate::one_time::Redeemable;
use crate::{Accounts, Error, RequestCtx, identifier};
use domain::{AddressForm, FieldError, Identifier, PlainPassword, Purpose, Reason};
use store::users::{self, User};

impl Accounts {
    /// Writes down that somebody wants the proof of an address mailed again; nothing is looked up (P1, P2).
    ///
    /// # Errors
    /// As [`Accounts::forgot_password`].
    pub async fn resend_verification(&self, ctx: &RequestCtx, form: AddressForm) -> Result<(), Error> {
        self.ask_for_mail(ctx, Purpose::Verify, &form, |email| Mail::VerifyAsked { email }).await
    }

    /// Marks the address of an account as proven. Who only reads the mailbox proves nothing for an account that
    /// somebody else made with this address: the caller must be signed in as it, or type its password.
    pub(crate) async fn prove_email(
        &self,
        ctx: &RequestCtx,
        token: &Redeemable,
        password: Option<PlainPassword>,
    ) -> Result<User, Error> {
        let user = self.owner_of(token.user).await?;
        self.own(ctx, &user, password).await?;
        let (mut tx, user) = self.begin_by_token(ctx, token).await?;
        if identifier::email(&user.email).as_deref() != Some(&token.email.canonical) {
            return Err(Error::LinkInvalid);
        }
        users::set_email_verified(&mut tx, user.id, ctx.now).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::EmailVerified).await?;
        let proven = users::lock(&mut tx, user.id).await?.ok_or(Error::LinkInvalid)?;
        tx.commit().await?;
        Ok(proven)
    }

    /// Whether the account is the caller's: by their session, or by its password, which is counted as a sign-in is.
    pub(super) async fn own(
        &self,
        ctx: &RequestCtx,
        user: &User,
        password: Option<PlainPassword>,
    ) -> Result<(), Error> {
        match password {
            None if ctx.signed_in().is_ok_and(|member| member.user == user.id) => Ok(()),
            None => Err(Error::Reauthenticate),
            Some(password) => {
                let name = Identifier::Email(user.email.clone());
                let attempt: Attempt = self.begin_attempt(ctx, &name).await?;
                let ProvenAttempt { mut tx, user, proofs, earned, .. } =
                    self.prove_password(ctx, attempt, password).await?;
                let whole = self.is_enough(&mut tx, &user, &proofs).await?;
                // First: forgiving takes a connection of its own.
                tx.commit().await?;
                // Where there is a second factor the password alone is not enough: whoever has both signs in first.
                if !whole {
                    return Err(FieldError::new("password", Reason::PasswordNotEnough).into());
                }
                self.forgive(ctx, &earned).await;
                Ok(())
            }
        }
    }
}
