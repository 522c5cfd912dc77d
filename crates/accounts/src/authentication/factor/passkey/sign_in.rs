//! Signing in by a passkey alone: it says whose it is, and verified that it was them.

use super::Asked;
use crate::authentication::attempt::{IfBarred, ProvenAttempt};
use crate::authentication::establish::{Established, Goal, Transport};
use crate::authentication::throttle::Earned;
use crate::{Accounts, Error, RawToken, RequestCtx, SignedIn, policy};
use domain::{Factor, PasskeyAnswer, PasskeySignInForm, TokenPair, UserId, safe_next};
use store::Tx;
use store::factors::passkeys;
use store::sessions::Proof;
use store::users::{self, User};
use webauthn::AuthenticationResponse;

impl Accounts {
    /// Signs a browser in by a passkey and nothing else. `browser` is the token that its question was made with.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::PasskeyRefused`], [`Error::AccountClosing`] unless the form restores it,
    /// [`Error::AccountDisabled`] where an admin has said why, [`Error::PasskeysOff`], [`Error::TooManyTries`],
    /// [`Error::Unavailable`].
    pub async fn sign_in_by_passkey(
        &self,
        ctx: &RequestCtx,
        browser: &str,
        form: PasskeySignInForm,
    ) -> Result<SignedIn, Error> {
        let sign_in = form.parse()?;
        let transport = Transport::Browser { persistent: sign_in.remember };
        let if_barred = IfBarred::of_page(sign_in.restore);
        let goal = Goal { transport, if_barred, next: safe_next(&form.next).unwrap_or_default() };
        let answer = (browser, &sign_in.answer);
        self.sign_in_by_passkey_over(ctx, answer, &goal).await.map(SignedIn::from)
    }

    /// The same for a program; a device token is returned to one that wants to be a known device.
    ///
    /// # Errors
    /// As [`Accounts::sign_in_by_passkey`], and an account that closes or is disabled is refused as any other.
    pub async fn sign_in_by_passkey_bearer(
        &self,
        ctx: &RequestCtx,
        browser: &str,
        form: PasskeySignInForm,
        known: bool,
    ) -> Result<(TokenPair, Option<RawToken>), Error> {
        let sign_in = form.parse()?;
        let refresh_token = self.new_refresh_token();
        let goal = Goal::of(Transport::Bearer { refresh_token: &refresh_token, known });
        let answer = (browser, &sign_in.answer);
        let Established { token, device, .. } = self.sign_in_by_passkey_over(ctx, answer, &goal).await?;
        Ok((self.token_pair(token.jwt, &refresh_token), known.then_some(device)))
    }

    async fn sign_in_by_passkey_over(
        &self,
        ctx: &RequestCtx,
        (browser, answer): (&str, &PasskeyAnswer),
        goal: &Goal<'_>,
    ) -> Result<Established, Error> {
        self.relying_party()?;
        let attempt = self.prove_passkey(ctx, (browser, answer), goal.if_barred).await?;
        self.proceed(ctx, attempt, goal).await
    }

    /// Proves that somebody has a passkey of an account, which nobody has named.
    async fn prove_passkey(
        &self,
        ctx: &RequestCtx,
        (browser, answer): (&str, &PasskeyAnswer),
        if_barred: IfBarred,
    ) -> Result<ProvenAttempt, Error> {
        let response = AuthenticationResponse::from_json(answer.as_json()).ok();
        let owner = match &response {
            Some(response) => passkeys::owner(self.store(), response.credential_id()).await?,
            None => None,
        };
        let known_device = self.known_device(&ctx.client, owner).await?;
        self.admit_passkey(ctx, known_device.map(|(device, _)| device)).await?;
        let known_device = known_device.is_some();
        let mut tx = self.store().begin().await?;
        let (Some(response), Some(owner)) = (response, owner) else {
            return self.refuse_attempt(tx, ctx, None, Error::PasskeyRefused).await;
        };
        match self.owner_by_passkey(&mut tx, ctx, owner, (browser, &response)).await? {
            Some(user) => match self.barred_by(ctx, &user, if_barred) {
                Some(closing @ Error::AccountClosing { .. }) => {
                    // Its owner made no mistake, and its challenge is used up.
                    tx.commit().await?;
                    Err(closing)
                }
                Some(refusal) => self.refuse_attempt(tx, ctx, Some(owner), refusal).await,
                None => {
                    let proofs = vec![Proof { factor: Factor::Passkey, at: ctx.now }];
                    // What others failed at by the password is not forgiven.
                    let earned = Earned { known_device, ..Earned::default() };
                    Ok(ProvenAttempt { tx, user, proofs, earned, is_unfamiliar: !known_device })
                }
            },
            None => self.refuse_attempt(tx, ctx, Some(owner), Error::PasskeyRefused).await,
        }
    }

    /// The account that a passkey opens by itself, locked.
    async fn owner_by_passkey(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        owner: UserId,
        (browser, response): (&str, &AuthenticationResponse),
    ) -> Result<Option<User>, Error> {
        let Some(user) = users::lock(tx, owner).await? else { return Ok(None) };
        let Some(passkey) = passkeys::find(tx, user.id, response.credential_id()).await? else {
            return Ok(None);
        };
        let ceremony = self.ceremony(ctx, Asked::to_sign_in(browser.as_bytes()), None);
        // Whoever signs in acts as no session that this client may have.
        let stranger = ctx.as_stranger();
        let proven = self.judge_passkey(tx, &stranger, &user, (&passkey, response, &ceremony)).await?;
        Ok((proven && passkey.alone).then_some(user))
    }

    /// Why an account is not opened, though everything was proven.
    fn barred_by(&self, ctx: &RequestCtx, user: &User, if_barred: IfBarred) -> Option<Error> {
        let left = policy::left_to_restore(user.closes_at, self.inner.database_clock.time(ctx.now));
        match (if_barred, left, &user.disabled_reason) {
            _ if user.is_active => None,
            (IfBarred::Restore, Some(_), _) => None,
            (IfBarred::Tell, Some(left), _) => Some(Error::AccountClosing { left }),
            (IfBarred::Tell, None, Some(reason)) => Some(Error::AccountDisabled { reason: reason.clone() }),
            _ => Some(Error::PasskeyRefused),
        }
    }
}
