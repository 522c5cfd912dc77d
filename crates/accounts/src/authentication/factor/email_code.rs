//! A code by mail: the way round a name that has to wait while strangers guess its password. So it never waits for that
//! name, and its success forgives the name nothing.
//!
//! Only a code is mailed and never a link that signs in: programs open links to see where they lead.

use crate::authentication::attempt::ProvenAttempt;
use crate::mail::{Mail, address_of};
use crate::one_time::Redeemable;
use crate::{Accounts, Error, RequestCtx, identifier};
use domain::{CodeRequestForm, Factor, Identifier, MailCode, Purpose, UserId};
use store::Tx;
use store::sessions::Proof;
use store::users::{self, User};

impl Accounts {
    /// Writes down that somebody wants a code to sign in with. Nothing is looked up (P1, P2).
    ///
    /// # Errors
    /// [`Error::MailOff`], [`Error::Invalid`], [`Error::TooManyTries`], [`Error::Unavailable`]; no mail is sent then.
    pub async fn ask_sign_in_code(&self, ctx: &RequestCtx, form: CodeRequestForm) -> Result<(), Error> {
        self.need_mail()?;
        let name = identifier::canonical(&form.parse()?);
        let known_device = self.admit_mail(ctx, Purpose::SignIn, &name).await?;
        let mail = Mail::SignInCodeAsked { name: name.as_str().to_owned(), known_device };
        let mut tx = self.store().begin().await?;
        self.enqueue(&mut tx, ctx, &mail).await?;
        Ok(tx.commit().await?)
    }

    /// Proves that somebody reads the mails to the address of an account.
    ///
    /// Unknown name, wrong, used or old code, and disabled account take the same path and get the same answer (P1, P2).
    pub(crate) async fn prove_email_code(
        &self,
        ctx: &RequestCtx,
        identifier: &Identifier,
        code: &MailCode,
    ) -> Result<ProvenAttempt, Error> {
        let name = identifier::canonical(identifier);
        let user = self.account_of(&name).await?;
        let address = user.as_ref().map(|user| address_of(user).canonical);
        let address = address.as_deref().unwrap_or(name.as_str());
        let token = self.find_code(ctx, Purpose::SignIn, address, code).await?;
        let known = user.map(|user| user.id);
        let is_unfamiliar = self.known_device(&ctx.client, known).await?.is_none();
        let mut tx = self.store().begin().await?;
        match self.use_code(&mut tx, ctx, known, token).await? {
            Some(user) => {
                let proofs = vec![Proof { factor: Factor::EmailCode, at: ctx.now }];
                Ok(ProvenAttempt { tx, user, proofs, admitted: None, is_unfamiliar })
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
    ) -> Result<Option<User>, Error> {
        let (Some(known), Some(token)) = (known, token.filter(|token| token.user == known)) else {
            return Ok(None);
        };
        let user = users::lock(tx, known).await?;
        let reads = |user: &User| user.is_active && address_of(user).canonical == token.email.canonical;
        let Some(user) = user.filter(reads) else { return Ok(None) };
        Ok(self.has_used_up(tx, ctx, &token).await?.then_some(user))
    }
}
