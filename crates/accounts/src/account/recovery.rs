//! Getting back in: a forgotten password is replaced by a link or a code that goes to the account's address.

use crate::account::password::personal_words;
use crate::audit::Event;
use crate::credential::Priority;
use crate::mail::{Mail, Notice};
use crate::one_time::Redeemable;
use crate::{Accounts, Error, RequestCtx, identifier};
use domain::{AddressForm, Identifier, Purpose, Reset, ResetForm, Role, UserId};
use store::factors::passkeys;
use store::users::{self, User};
use store::{Tx, known_devices, one_time_tokens, sessions};

impl Accounts {
    /// Writes down that somebody wants a new password for the account of an address. Nothing is looked up: known,
    /// unknown, disabled and unproven addresses get the same answer for the same work (P1, P2).
    ///
    /// # Errors
    /// [`Error::MailOff`], [`Error::Invalid`], [`Error::TooManyTries`], [`Error::Unavailable`]; no mail is sent then.
    pub async fn forgot_password(&self, ctx: &RequestCtx, form: AddressForm) -> Result<(), Error> {
        self.ask_for_mail(ctx, Purpose::Reset, &form, |email| Mail::ResetAsked { email }).await
    }

    /// Writes down which mail somebody wants at an address.
    pub(super) async fn ask_for_mail(
        &self,
        ctx: &RequestCtx,
        purpose: Purpose,
        form: &AddressForm,
        mail: impl FnOnce(String) -> Mail,
    ) -> Result<(), Error> {
        self.need_mail()?;
        let name = Identifier::Email(form.parse()?.as_str().to_owned());
        self.admit_mail(ctx, purpose, &name).await?;
        let mail = mail(identifier::canonical(&name).as_str().to_owned());
        let mut tx = self.store().begin().await?;
        self.enqueue(&mut tx, ctx, &mail).await?;
        Ok(tx.commit().await?)
    }

    /// Replaces the password of the account that a reset mail was sent to. All its sessions, refresh tokens and known
    /// devices end, and nobody is signed in by it. The mail has proven the address.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`], [`Error::Invalid`], [`Error::Overloaded`], [`Error::Unavailable`]; the password stays as
    /// it was, and the link can be used again.
    pub async fn reset_password(&self, ctx: &RequestCtx, form: ResetForm) -> Result<(), Error> {
        let Reset { presented, new_password } = form.parse(self.settings().password_min_length)?;
        let token = self.find_token(ctx, &[Purpose::Reset], &presented).await?;
        let user = self.owner_of(token.user).await?;
        let words = personal_words(&user.email, &user.profile);
        let hash = self.choose_password("new_password", new_password, words, Priority::Stranger).await?;
        let (mut tx, user) = self.begin_by_token(ctx, &token).await?;
        users::set_password_hash(&mut tx, user.id, &hash, ctx.now).await?;
        // Nobody knows whose they are until they come with the new password.
        passkeys::distrust(&mut tx, user.id).await?;
        if identifier::email(&user.email).as_deref() == Some(&token.email.canonical) {
            if self.is_first_proof(&mut tx, &user, &token).await? {
                self.remove_factors_of_before(&mut tx, &ctx.as_stranger(), &user).await?;
            }
            users::set_email_verified(&mut tx, user.id, ctx.now).await?;
        }
        // Whoever else reads the mailbox may have reset it before.
        one_time_tokens::revoke_of_resets(&mut tx, user.id, &token.email.canonical).await?;
        let ended_sessions = self.end_everything(&mut tx, ctx, user.id).await?;
        let stranger = ctx.as_stranger();
        self.audit(&mut tx, &stranger, Some(user.id), Event::PasswordReset { ended_sessions }).await?;
        self.notify(&mut tx, ctx, &user, Notice::PasswordReset).await?;
        Ok(tx.commit().await?)
    }

    /// Whether nobody had shown before that an account is its mailbox's. An admin's is theirs who made them one; and a link
    /// that an operator passed on may have come to somebody else.
    async fn is_first_proof(&self, tx: &mut Tx, user: &User, token: &Redeemable) -> Result<bool, Error> {
        let vouched_for = user.email_verified || user.role == Role::Admin || token.passed_on;
        Ok(!vouched_for && !users::was_proven(tx, user.id).await?)
    }

    /// Ends what could still open an account after its owner took it back: sessions with their refresh tokens, known
    /// devices, and the links and codes of earlier mails. Says how many sessions ended.
    pub(crate) async fn end_everything(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<u64, Error> {
        let ended = sessions::end_all(tx, user, ctx.now).await?;
        known_devices::forget_all_but(tx, user, None).await?;
        let purposes = [Purpose::Reset, Purpose::SignIn, Purpose::ChangeEmail];
        one_time_tokens::revoke_all(tx, user, &purposes).await?;
        Ok(ended)
    }

    /// The account of a token; a disabled one has none.
    pub(crate) async fn owner_of(&self, user: Option<UserId>) -> Result<User, Error> {
        let id = user.ok_or(Error::LinkInvalid)?;
        users::by_id(self.store(), id).await?.filter(|user| user.is_active).ok_or(Error::LinkInvalid)
    }
}
