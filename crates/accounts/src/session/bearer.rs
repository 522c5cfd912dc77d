use crate::audit::Event;
use crate::authentication::sign_in::Proven;
use crate::authentication::throttle::Admitted;
use crate::credential::{RawToken, Subject};
use crate::policy::{self, Exchange};
use crate::session::{Opening, member};
use crate::{Accounts, Error, Member, RequestCtx, rng};
use domain::{SessionId, SessionKind, SignIn, SignInForm, TokenPair, TokenType, UserId};
use store::Tx;
use store::refresh_tokens::{self, NewRefreshToken, Salt};
use store::sessions::{self, Session};
use time::OffsetDateTime;

impl Accounts {
    /// Signs a program in under a session of its own, which lives until it signs out, changes of its own
    /// password included. Proven by the same rule as [`Accounts::sign_in`].
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCredentials`], [`Error::Overloaded`], [`Error::Unavailable`].
    pub async fn sign_in_bearer(&self, ctx: &RequestCtx, form: SignInForm) -> Result<TokenPair, Error> {
        let (tx, _, pair, admitted) = self.open_bearer(ctx, form).await?;
        tx.commit().await?;
        self.forgive(&admitted).await;
        Ok(pair)
    }

    /// The same for a program that wants to be known again when strangers guess, as browsers are.
    ///
    /// # Errors
    /// As [`Accounts::sign_in_bearer`].
    pub async fn sign_in_known_bearer(
        &self,
        ctx: &RequestCtx,
        form: SignInForm,
    ) -> Result<(TokenPair, RawToken), Error> {
        let (mut tx, user, pair, admitted) = self.open_bearer(ctx, form).await?;
        let device = self.know_device(&mut tx, ctx, Some(&admitted), user).await?;
        tx.commit().await?;
        self.forgive(&admitted).await;
        Ok((pair, device))
    }

    async fn open_bearer(
        &self,
        ctx: &RequestCtx,
        form: SignInForm,
    ) -> Result<(Tx, UserId, TokenPair, Admitted), Error> {
        let SignIn { identifier, password, .. } = form.parse()?;
        let Proven { mut tx, user, admitted } = self.prove(ctx, &identifier, password).await?;
        let opening = Opening { user: user.id, role: user.role, kind: SessionKind::Bearer, persistent: true };
        let subject = self.insert_session(&mut tx, ctx, &opening).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::SignedIn { session: subject.session }).await?;
        let first = RawToken::new(self.inner.rng.as_ref());
        self.keep(&mut tx, subject.session, &first, None, ctx.now).await?;
        let pair = self.pair(subject, &first, ctx.now)?;
        Ok((tx, user.id, pair, admitted))
    }

    /// Whom an access token names; `None` where it is forged, expired, its session over or its account
    /// disabled.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate_bearer(&self, jwt: &str, now: OffsetDateTime) -> Result<Option<Member>, Error> {
        let Some(session) = self.live_session(SessionKind::Bearer, jwt, now).await? else {
            return Ok(None);
        };
        if policy::is_touch_due(&session, now) && !sessions::touch(self.store(), session.id, now).await? {
            // Ended since it was read.
            return Ok(None);
        }
        Ok(Some(member(session)))
    }

    /// Exchanges a refresh token for a new pair (RFC 9700 section 4.14.2). A token is good for one
    /// exchange; for ten seconds it gives the same next token to whoever repeats it, until that one is used. A
    /// token that comes again later is in two hands, and the whole session ends: the thief's and the owner's
    /// tokens with it.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], never said why; [`Error::Unavailable`].
    pub async fn refresh(&self, ctx: &RequestCtx, token: &str) -> Result<TokenPair, Error> {
        let token = RawToken::parse(token).ok_or(Error::InvalidToken)?;
        let hash = token.hash();
        self.admit_refresh(ctx).await?;
        let mut tx = self.store().begin().await?;
        let session = refresh_tokens::lock_family(&mut tx, &hash).await?.ok_or(Error::InvalidToken)?;
        let known = refresh_tokens::by_hash(&mut tx, &hash).await?.ok_or(Error::InvalidToken)?;
        let at = self.inner.database_clock.time(ctx.now);
        let next = match policy::may_exchange(&session, &known, ctx.now, at) {
            Exchange::Granted => self.exchange(&mut tx, &session, &token, (ctx.now, at)).await?,
            Exchange::Repeated(salt) => token.next(&salt),
            Exchange::Refused => {
                tx.rollback().await?;
                return Err(Error::InvalidToken);
            }
            Exchange::Replayed => return self.end_family(tx, ctx, &session).await,
        };
        // When the password was proven stays as it was: a refresh proves nothing.
        let authenticated_at = session.authenticated_at;
        let subject = Subject { user: session.user, session: session.id, authenticated_at };
        let pair = self.pair(subject, &next, ctx.now)?;
        sessions::note_use(&mut tx, session.id, ctx.now).await?;
        tx.commit().await?;
        Ok(pair)
    }

    /// The token that comes after this one.
    async fn exchange(
        &self,
        tx: &mut Tx,
        family: &Session,
        token: &RawToken,
        (now, at): (OffsetDateTime, OffsetDateTime),
    ) -> Result<RawToken, Error> {
        let salt = rng::bytes(self.inner.rng.as_ref());
        let next = token.next(&salt);
        self.keep(tx, family.id, &next, Some(salt), now).await?;
        let exchanged = refresh_tokens::exchange(tx, &token.hash(), &next.hash(), at).await?;
        exchanged.then_some(next).ok_or(Error::InvalidToken)
    }

    async fn end_family(&self, mut tx: Tx, ctx: &RequestCtx, family: &Session) -> Result<TokenPair, Error> {
        sessions::end(&mut tx, family.id, ctx.now).await?;
        self.audit(&mut tx, ctx, Some(family.user), Event::RefreshReplayed { session: family.id }).await?;
        tx.commit().await?;
        Err(Error::InvalidToken)
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        family: SessionId,
        token: &RawToken,
        salt: Option<Salt>,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let expires_at = now + self.settings().refresh_lifetime;
        let row = NewRefreshToken { hash: token.hash(), session: family, issued_at: now, expires_at, salt };
        Ok(refresh_tokens::insert(tx, &row).await?)
    }

    fn pair(&self, subject: Subject, refresh: &RawToken, now: OffsetDateTime) -> Result<TokenPair, Error> {
        let rng = self.inner.rng.as_ref();
        Ok(TokenPair {
            access_token: self.inner.tokens.issue(SessionKind::Bearer, subject, rng, now)?,
            refresh_token: refresh.reveal(),
            token_type: TokenType::Bearer,
            expires_in: self.settings().token_lifetime.whole_seconds().unsigned_abs(),
        })
    }
}
