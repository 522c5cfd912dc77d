use crate::authentication::attempt::{IfBarred, ProvenAttempt};
use crate::authentication::establish::{Established, Goal, Transport};
use crate::mail::Notice;
use crate::{Accounts, Error, RawToken, RequestCtx, SessionToken, view};
use domain::{CodeSignIn, CodeSignInForm, SignIn, SignInForm, TokenPair, UserView, Viewer, safe_next};
use store::users::User;

/// Somebody who has just proven who they are.
#[derive(Debug)]
pub struct SignedIn {
    /// As the page's header shows them.
    pub viewer: Viewer,
    /// For the cookie.
    pub token: SessionToken,
    /// For the cookie that makes this browser a known device.
    pub device: Option<RawToken>,
    /// Whether a second factor has to be set up before anything else.
    pub must_enrol: bool,
}

/// Signing in with a password or with a code by mail, one function for each transport; the steps that they share decide
/// everything.
impl Accounts {
    /// Signs a browser in under a new session id; a session that it had before ends.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCredentials`], [`Error::AccountClosing`] unless the form restores it,
    /// [`Error::AccountDisabled`] where an admin has said why, [`Error::SecondFactorNeeded`],
    /// [`Error::TooManyTries`], [`Error::Overloaded`], [`Error::Unavailable`].
    pub async fn sign_in(&self, ctx: &RequestCtx, form: SignInForm) -> Result<SignedIn, Error> {
        let sign_in = form.parse()?;
        let transport = Transport::Browser { persistent: sign_in.remember };
        let if_barred = IfBarred::of_page(sign_in.restore);
        let goal = Goal { transport, if_barred, next: safe_next(&form.next).unwrap_or_default() };
        self.sign_in_over(ctx, sign_in, &goal).await.map(SignedIn::from)
    }

    /// Signs a program in under a session of its own, which lasts until it signs out, even if it changes the password.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub async fn sign_in_bearer(&self, ctx: &RequestCtx, form: SignInForm) -> Result<TokenPair, Error> {
        Ok(self.sign_in_program(ctx, form, false, IfBarred::Refuse).await?.0)
    }

    /// Restores an account that closes and signs a program in to it; one that does not close is signed in to. It costs
    /// and counts as a sign-in does, and is refused as one (P1, P2).
    ///
    /// # Errors
    /// As [`Accounts::sign_in_bearer`].
    pub async fn restore_bearer(&self, ctx: &RequestCtx, form: SignInForm) -> Result<TokenPair, Error> {
        Ok(self.sign_in_program(ctx, form, false, IfBarred::Restore).await?.0)
    }

    /// As [`Accounts::sign_in_bearer`], for a program that wants to be a known device, as browsers are.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub async fn sign_in_known_bearer(
        &self,
        ctx: &RequestCtx,
        form: SignInForm,
    ) -> Result<(TokenPair, RawToken), Error> {
        self.sign_in_program(ctx, form, true, IfBarred::Refuse).await
    }

    /// Signs a program that keeps cookies in; a session that its cookie named before ends.
    ///
    /// # Errors
    /// As [`Accounts::sign_in`].
    pub async fn sign_in_api_cookie(
        &self,
        ctx: &RequestCtx,
        form: SignInForm,
    ) -> Result<(UserView, SessionToken, RawToken), Error> {
        let Established { user, token, device, .. } =
            self.sign_in_over(ctx, form.parse()?, &Goal::of(Transport::ApiCookie)).await?;
        Ok((view::user(user), token, device))
    }

    /// Signs a browser in with a code that was mailed.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCode`], [`Error::AccountClosing`] unless the form restores it,
    /// [`Error::SecondFactorNeeded`], [`Error::TooManyTries`], [`Error::Unavailable`].
    pub async fn sign_in_by_code(&self, ctx: &RequestCtx, form: CodeSignInForm) -> Result<SignedIn, Error> {
        let code = form.parse()?;
        let transport = Transport::Browser { persistent: code.remember };
        let if_barred = IfBarred::of_page(code.restore);
        let goal = Goal { transport, if_barred, next: safe_next(&form.next).unwrap_or_default() };
        self.sign_in_by_code_over(ctx, code, &goal).await.map(SignedIn::from)
    }

    /// The same for a program; a device token is returned to one that wants to be a known device.
    ///
    /// # Errors
    /// As [`Accounts::sign_in_by_code`].
    pub async fn sign_in_by_code_bearer(
        &self,
        ctx: &RequestCtx,
        form: CodeSignInForm,
        known: bool,
    ) -> Result<(TokenPair, Option<RawToken>), Error> {
        let refresh_token = self.new_refresh_token();
        let transport = Transport::Bearer { refresh_token: &refresh_token, known };
        let Established { token, device, .. } =
            self.sign_in_by_code_over(ctx, form.parse()?, &Goal::of(transport)).await?;
        Ok((self.token_pair(token.jwt, &refresh_token), known.then_some(device)))
    }

    async fn sign_in_by_code_over(
        &self,
        ctx: &RequestCtx,
        CodeSignIn { identifier, code, .. }: CodeSignIn,
        goal: &Goal<'_>,
    ) -> Result<Established, Error> {
        let attempt = self.prove_email_code(ctx, &identifier, &code, goal.if_barred).await?;
        self.proceed(ctx, attempt, goal).await
    }

    async fn sign_in_program(
        &self,
        ctx: &RequestCtx,
        form: SignInForm,
        known: bool,
        if_barred: IfBarred,
    ) -> Result<(TokenPair, RawToken), Error> {
        let refresh_token = self.new_refresh_token();
        let transport = Transport::Bearer { refresh_token: &refresh_token, known };
        let Established { token, device, .. } =
            self.sign_in_over(ctx, form.parse()?, &Goal { if_barred, ..Goal::of(transport) }).await?;
        Ok((self.token_pair(token.jwt, &refresh_token), device))
    }

    async fn sign_in_over(
        &self,
        ctx: &RequestCtx,
        SignIn { identifier, password, .. }: SignIn,
        goal: &Goal<'_>,
    ) -> Result<Established, Error> {
        let attempt = self.begin_attempt(ctx, &identifier).await?.on(goal.if_barred);
        let attempt = self.prove_password(ctx, attempt, password).await?;
        self.proceed(ctx, attempt, goal).await
    }

    /// Opens the account again where it closes and that is wanted; its owner is told.
    pub(crate) async fn restore_proven(
        &self,
        ctx: &RequestCtx,
        ProvenAttempt { tx, user, .. }: &mut ProvenAttempt,
        if_barred: IfBarred,
    ) -> Result<(), Error> {
        if if_barred != IfBarred::Restore {
            return Ok(());
        }
        let ctx = ctx.as_stranger();
        if self.reopen(tx, &ctx, user.id).await? {
            self.notify(tx, &ctx, user, Notice::Restored).await?;
        }
        Ok(())
    }
}

impl From<Established> for SignedIn {
    fn from(Established { user, must_prove, must_enrol, token, device }: Established) -> Self {
        Self {
            viewer: viewer(&user, must_prove),
            token,
            device: Some(device),
            must_enrol: must_enrol && !must_prove,
        }
    }
}

pub(crate) fn viewer(user: &User, must_prove: bool) -> Viewer {
    let name = user.profile.display_name();
    Viewer { id: user.id, email: user.email.clone(), name, role: user.role, must_prove }
}
