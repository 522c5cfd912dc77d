use crate::authentication::sign_in::Proven;
use crate::session::Opening;
use crate::{Accounts, Authenticated, Error, RawToken, RequestCtx, SessionToken, account::view};
use domain::{SessionKind, SignIn, SignInForm, UserView};
use time::OffsetDateTime;

impl Accounts {
    /// Signs a program that keeps cookies in; a session that its cookie named before ends. Proven by the same
    /// rule as [`Accounts::sign_in`], and known again by the same token as a browser.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCredentials`], [`Error::TooManyTries`], [`Error::Overloaded`],
    /// [`Error::Unavailable`].
    pub async fn sign_in_api_cookie(
        &self,
        ctx: &RequestCtx,
        form: SignInForm,
    ) -> Result<(UserView, SessionToken, RawToken), Error> {
        let SignIn { identifier, password, .. } = form.parse()?;
        let Proven { mut tx, user, admitted } = self.prove(ctx, &identifier, password).await?;
        let kind = SessionKind::ApiCookie;
        let opening = Opening { user: user.id, role: user.role, kind, persistent: false };
        let token = self.replace_session(&mut tx, ctx, &opening).await?;
        let device = self.know_device(&mut tx, ctx, Some(&admitted), user.id).await?;
        tx.commit().await?;
        self.forgive(&admitted).await;
        Ok((view::user(user), token, device))
    }

    /// Whom the cookie of the API's cookie family names; never a page's.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate_api_cookie(
        &self,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, Error> {
        self.authenticate_cookie(SessionKind::ApiCookie, jwt, now).await
    }
}
