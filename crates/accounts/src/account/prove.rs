//! What a link or a code that leads to `/verify` proves: the address of an account, or of one that is made by it.

use crate::authentication::establish::Transport;
use crate::authentication::sign_in::viewer;
use crate::one_time::Redeemable;
use crate::{Accounts, Error, RequestCtx, SignedIn};
use domain::{PlainPassword, Purpose, Verify, VerifyForm, Viewer};
use store::users::User;

/// The purposes of the tokens that lead to `/verify`.
const PURPOSES: [Purpose; 3] = [Purpose::Verify, Purpose::ChangeEmail, Purpose::SignUp];

/// What a browser has proven.
#[derive(Debug)]
pub enum Proven {
    /// The address of an account; as whom pages show the caller from now on.
    Address(Option<Viewer>),
    /// The address of a sign-up: the account is made, and its owner signed in.
    SignedUp {
        /// Its owner.
        signed_in: SignedIn,
        /// Whether somebody has the wished-for username by now, so that the account has none.
        username_taken: bool,
    },
}

impl Accounts {
    /// Takes what a mail brought to `/verify`.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`]; [`Error::Reauthenticate`] where nobody showed that the account is theirs, and
    /// [`Error::Invalid`] where a new account still needs its password; [`Error::Taken`] for an address that has an
    /// account by now; [`Error::WrongCredentials`], [`Error::TooManyTries`], [`Error::Overloaded`],
    /// [`Error::Unavailable`]. The link can be used again then.
    pub async fn prove_address(&self, ctx: &RequestCtx, form: VerifyForm) -> Result<Proven, Error> {
        let Verify { presented, password } = form.parse()?;
        let token = self.find_token(ctx, &PURPOSES, &presented).await?;
        if token.purpose != Purpose::SignUp {
            let proven = self.prove_for_account(ctx, &token, password).await?;
            let caller = ctx.viewer().map(|caller| {
                let theirs = proven.id == caller.id;
                if theirs { viewer(&proven, self.must_prove(proven.email_verified)) } else { caller }
            });
            return Ok(Proven::Address(caller));
        }
        let (attempt, username_taken) = self.finish_sign_up(ctx, &token, password).await?;
        let signed_in = self.establish(ctx, attempt, Transport::Browser { persistent: false }).await?.into();
        Ok(Proven::SignedUp { signed_in, username_taken })
    }

    /// The same for a program, which is not signed in by it and must send the password of a new account.
    ///
    /// # Errors
    /// As [`Accounts::prove_address`].
    pub async fn verify_email(&self, ctx: &RequestCtx, form: VerifyForm) -> Result<(), Error> {
        let Verify { presented, password } = form.parse()?;
        let token = self.find_token(ctx, &PURPOSES, &presented).await?;
        if token.purpose != Purpose::SignUp {
            return self.prove_for_account(ctx, &token, password).await.map(drop);
        }
        let (attempt, _) = self.finish_sign_up(ctx, &token, password).await?;
        Ok(attempt.tx.commit().await?)
    }

    /// The address of an account that is there, or one that it shall have; answers the account as it is then.
    async fn prove_for_account(
        &self,
        ctx: &RequestCtx,
        token: &Redeemable,
        password: Option<PlainPassword>,
    ) -> Result<User, Error> {
        if token.purpose == Purpose::ChangeEmail {
            self.prove_new_email(ctx, token, password).await
        } else {
            self.prove_email(ctx, token, password).await
        }
    }
}
