//! Signing up where an address must be proven first (`SIGNUP=verify`). The request is the same work for every address
//! and looks none up; the job that sends the mail finds out whether it has an account. The account is made when the
//! mail's link is followed, and not before.
//!
//! Whoever signs up with somebody else's address leaves nothing behind that opens the account: a password counts only
//! in the browser that it was typed in, or where it is typed again by whoever has the mail.

use crate::account::password::personal_words;
use crate::account::register::{PreparedAccount, reachable};
use crate::audit::Event;
use crate::authentication::attempt::ProvenAttempt;
use crate::authentication::throttle::Earned;
use crate::credential::Priority;
use crate::mail::Mail;
use crate::one_time::{PendingAccount, Redeemable};
use crate::{Accounts, Error, Field, RawToken, RequestCtx, SignedIn, Signup};
use domain::{
    Factor, FieldError, FormReason, Identifier, PlainPassword, Purpose, Reason, RegistrationForm, Role,
};
use store::Tx;
use store::sessions::Proof;
use store::users::{self, User};

/// What a browser's sign-up led to.
#[derive(Debug)]
pub enum SignUp {
    /// The account is made, and its owner signed in.
    Done(SignedIn),
    /// A mail says how to go on.
    MailSent {
        /// For the cookie of the browser in which the password counts.
        browser: RawToken,
    },
}

impl Accounts {
    /// Signs a browser up: at once where sign-up is open, else by a mail.
    ///
    /// # Errors
    /// As [`Accounts::sign_up`], and [`Error::TooManyTries`]. Where the mail decides, no error tells whether there is
    /// an account.
    pub async fn begin_sign_up(&self, ctx: &RequestCtx, form: RegistrationForm) -> Result<SignUp, Error> {
        if self.settings().signup != Signup::Verify {
            return Ok(SignUp::Done(self.sign_up(ctx, form).await?));
        }
        let known = ctx.client.sign_up.clone();
        let browser = known.unwrap_or_else(|| RawToken::new(self.inner.rng.as_ref()));
        self.ask_to_sign_up(ctx, &form, Some(&browser)).await?;
        Ok(SignUp::MailSent { browser })
    }

    /// Writes a sign-up down, to be finished by whoever gets the mail. Nothing is looked up (P1, P2).
    pub(crate) async fn ask_to_sign_up(
        &self,
        ctx: &RequestCtx,
        form: &RegistrationForm,
        browser: Option<&RawToken>,
    ) -> Result<(), Error> {
        self.need_mail()?;
        let registration = form.parse(self.settings().password_min_length)?;
        self.check_reserved(registration.profile.username.as_deref())?;
        let name = Identifier::Email(reachable(&registration.email)?.canonical);
        self.admit_sign_up(ctx).await?;
        self.admit_strangers_mail(ctx, Purpose::SignUp, &name).await?;
        let PreparedAccount { email, profile, password_hash, .. } = self.prepare(registration).await?;
        let account = Box::new(PendingAccount::new(profile, password_hash, browser, ctx.now));
        let mut tx = self.store().begin().await?;
        self.enqueue(&mut tx, ctx, &Mail::SignUpAsked { email: email.shown, account }).await?;
        Ok(tx.commit().await?)
    }

    /// Makes the account of a sign-up whose address is proven now. A password that whoever has the mail types is the
    /// account's; the one of the sign-up counts only in its own browser. Says whether the username that was wished for
    /// went to somebody else in the meantime: the account has none then.
    pub(crate) async fn finish_sign_up(
        &self,
        ctx: &RequestCtx,
        token: &Redeemable,
        typed: Option<PlainPassword>,
    ) -> Result<(ProvenAttempt, bool), Error> {
        if self.settings().signup == Signup::Closed {
            return Err(Error::SignupClosed);
        }
        let detail = self.detail_of(token)?;
        let pending: PendingAccount = serde_json::from_slice(&detail).map_err(Error::internal)?;
        let (password_hash, at) = match typed {
            Some(typed) => {
                let typed = typed.as_new("password", self.settings().password_min_length)?;
                let words = personal_words(&token.email.shown, &pending.profile);
                (self.choose_password("password", typed, words, Priority::Stranger).await?, ctx.now)
            }
            None if pending.was_typed_in(&ctx.client) => (pending.password_hash.clone(), pending.asked_at()?),
            None => return Err(FieldError::<Reason>::new("password", FormReason::NewPasswordMissing).into()),
        };
        let mut account = PreparedAccount {
            email: token.email.clone(),
            profile: pending.profile,
            password_hash,
            sign_up_hash: None,
        };
        let made = self.make_proven_account(ctx, token, &account, Role::User).await;
        let username_taken = matches!(made, Err(Error::Taken(Field::Username)));
        let (tx, user) = if username_taken {
            account.profile.username = None;
            self.make_proven_account(ctx, token, &account, Role::User).await?
        } else {
            made?
        };
        let proofs = vec![Proof { factor: Factor::Password, at }];
        Ok((
            ProvenAttempt { tx, user, proofs, earned: Earned::default(), is_unfamiliar: false },
            username_taken,
        ))
    }

    /// Makes an account whose address a mail's token proves, and uses the token up.
    pub(crate) async fn make_proven_account(
        &self,
        ctx: &RequestCtx,
        token: &Redeemable,
        account: &PreparedAccount,
        role: Role,
    ) -> Result<(Tx, User), Error> {
        let stranger = ctx.as_stranger();
        let mut tx = self.store().begin().await?;
        self.use_up(&mut tx, ctx, token).await?;
        let user = match self.insert_user(&mut tx, account, role, ctx.now).await {
            Err(Error::Taken(Field::Email)) => {
                return self.tell_taken(tx, &stranger, &account.email.canonical).await;
            }
            made => made?,
        };
        users::set_email_verified(&mut tx, user.id, ctx.now).await?;
        self.audit(&mut tx, &stranger, Some(user.id), Event::Registered).await?;
        self.audit(&mut tx, &stranger, Some(user.id), Event::EmailVerified).await?;
        Ok((tx, User { email_verified: true, ..user }))
    }
}
