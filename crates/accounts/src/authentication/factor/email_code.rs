//! A code by mail: the way round a name that has to wait while strangers guess its password. So it never waits for that
//! name, and its success forgives the name nothing.
//!
//! Only a code is mailed and never a link that signs in: programs open links to see where they lead.

use crate::audit::Event;
use crate::authentication::attempt::{IfBarred, ProvenAttempt};
use crate::authentication::throttle::Earned;
use crate::mail::{Mail, address_of};
use crate::one_time::Redeemable;
use crate::{Accounts, Error, RequestCtx, identifier, policy};
use domain::{CodeRequestForm, Factor, FieldError, Identifier, MailCode, Purpose, Reason, UserId};
use store::Tx;
use store::sessions::Proof;
use store::users::{self, User};

impl Accounts {
    /// Writes down that somebody wants a code to sign in with. Nothing is looked up (P1, P2).
    ///
    /// # Errors
    /// [`Error::MailOff`], [`Error::Invalid`], [`Error::TooManyTries`], [`Error::Unavailable`]; no mail is sent then.
    pub async fn ask_sign_in_code(&self, ctx: &RequestCtx, form: CodeRequestForm) -> Result<(), Error> {
        self.ask_code(ctx, &form, false).await
    }

    async fn ask_code(&self, ctx: &RequestCtx, form: &CodeRequestForm, confirms: bool) -> Result<(), Error> {
        self.need_mail()?;
        let name = identifier::canonical(&form.parse()?);
        let known_device = self.admit_mail(ctx, Purpose::SignIn, &name).await?;
        let mail = Mail::SignInCodeAsked { name: name.as_str().to_owned(), known_device, confirms };
        let mut tx = self.store().begin().await?;
        self.enqueue(&mut tx, ctx, &mail).await?;
        Ok(tx.commit().await?)
    }

    /// The same for the caller's own account: the code shows again that it is theirs.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], and as [`Accounts::ask_sign_in_code`].
    pub async fn ask_confirmation_code(&self, ctx: &RequestCtx) -> Result<(), Error> {
        let own = self.own_account(ctx.signed_in()?).await?;
        let form = CodeRequestForm { identifier: own.email, ..CodeRequestForm::default() };
        self.ask_code(ctx, &form, true).await
    }

    /// Proves that the caller reads the mails to their own account, whose row is locked.
    pub(crate) async fn prove_own_email_code(
        &self,
        ctx: &RequestCtx,
        code: &MailCode,
    ) -> Result<(Tx, User), Error> {
        let own = self.own_account(ctx.signed_in()?).await?;
        let token = self.find_code(ctx, Purpose::SignIn, &address_of(&own).canonical, code).await?;
        let (mut tx, locked) = self.begin_unproven(ctx).await?;
        if let Some(token) = token.filter(|token| is_to(token, &locked))
            && self.has_used_up(&mut tx, ctx, &token).await?
        {
            return Ok((tx, locked));
        }
        self.audit(&mut tx, ctx, Some(locked.id), Event::ReauthenticationRefused).await?;
        tx.commit().await?;
        Err(FieldError::new("code", Reason::CodeWrong).into())
    }

    /// Proves that somebody reads the mails to the address of an account.
    ///
    /// Unknown name, wrong, used or old code, and disabled account take the same path and get the same answer (P1, P2).
    /// A code that only tells that the account closes is good for its restoring.
    pub(crate) async fn prove_email_code(
        &self,
        ctx: &RequestCtx,
        identifier: &Identifier,
        code: &MailCode,
        if_barred: IfBarred,
    ) -> Result<ProvenAttempt, Error> {
        let name = identifier::canonical(identifier);
        let user = self.account_of(&name).await?;
        let address = user.as_ref().map(|user| address_of(user).canonical);
        let address = address.as_deref().unwrap_or(name.as_str());
        let token = self.find_code(ctx, Purpose::SignIn, address, code).await?;
        let known = user.map(|user| user.id);
        let is_unfamiliar = self.known_device(&ctx.client, known).await?.is_none();
        let mut tx = self.store().begin().await?;
        match self.use_code(&mut tx, ctx, known, token, if_barred).await? {
            Some(user) => {
                let proofs = vec![Proof { factor: Factor::EmailCode, at: ctx.now }];
                Ok(ProvenAttempt { tx, user, proofs, earned: Earned::default(), is_unfamiliar })
            }
            None => self.refuse_attempt(tx, ctx, known, Error::WrongCode).await,
        }
    }

    /// The account that a code opens, locked: an account that was disabled, or got another address, since we looked
    /// counts.
    async fn use_code(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        known: Option<UserId>,
        token: Option<Redeemable>,
        if_barred: IfBarred,
    ) -> Result<Option<User>, Error> {
        // One that was mailed to a browser where somebody is signed in opens no other.
        let token = token.filter(|token| !token.has_detail());
        let (Some(known), Some(token)) = (known, token) else { return Ok(None) };
        let user = users::lock(tx, known).await?;
        let Some(user) = user.filter(|user| is_to(&token, user)) else { return Ok(None) };
        let left = policy::left_to_restore(user.closes_at, self.inner.database_clock.time(ctx.now));
        match (if_barred, left) {
            (IfBarred::Restore, Some(_)) => {}
            (IfBarred::Tell, Some(left)) => return Err(Error::AccountClosing { left }),
            _ if user.is_active => {}
            _ => return Ok(None),
        }
        Ok(self.has_used_up(tx, ctx, &token).await?.then_some(user))
    }
}

/// Whether a code went to the address that an account has.
fn is_to(token: &Redeemable, user: &User) -> bool {
    token.user == Some(user.id) && token.email.canonical == address_of(user).canonical
}
