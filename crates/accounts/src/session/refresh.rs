//! Refresh tokens: each is exchanged once for the next.

use crate::RawToken;
use crate::audit::Event;
use crate::credential::Subject;
use crate::mail::Notice;
use crate::policy::{self, Exchange, REPEAT_WITHIN};
use crate::{Accounts, Error, RequestCtx, rng};
use domain::{Code, SessionId, SessionKind, TokenPair, TokenType, UserId};
use store::refresh_tokens::{self, NewRefreshToken, Salt};
use store::sessions::{self, Session};
use store::users;
use store::{StoreError, TokenHash, Tx};
use time::{Duration, OffsetDateTime};
use tokio::time::timeout;

/// For the way of an answer, and of the request that repeats what it could not confirm.
const ON_THE_WAY: Duration = Duration::seconds(2);

/// By when an exchange is answered: whoever is told then that nobody knows, and comes back when they were told to, still
/// repeats it in time.
fn answers_within() -> Duration {
    let comes_back = Duration::seconds(Code::OutcomeUnknown.retry_after().unwrap_or_default().into());
    REPEAT_WITHIN - comes_back - ON_THE_WAY
}

impl Accounts {
    /// Exchanges a refresh token for a new pair (RFC 9700 section 4.14.2). A token is good for one exchange; for ten
    /// seconds it gives the same next token to whoever repeats it, until that one is used. A token that comes again
    /// later has two holders, and the whole session ends, with the thief's and the owner's tokens.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], never said why; [`Error::Unavailable`]; [`Error::Unconfirmed`], early enough to repeat it.
    pub async fn refresh(&self, ctx: &RequestCtx, token: &str) -> Result<TokenPair, Error> {
        let token = RawToken::parse(token).ok_or(Error::InvalidToken)?;
        let answer = timeout(answers_within().unsigned_abs(), self.refresh_by(ctx, token)).await;
        answer.unwrap_or_else(|_| Err(StoreError::too_late().into()))
    }

    async fn refresh_by(&self, ctx: &RequestCtx, token: RawToken) -> Result<TokenPair, Error> {
        let hash = token.hash();
        self.admit_refresh(ctx).await?;
        let mut tx = self.store().begin().await?;
        let session = refresh_tokens::lock_family(&mut tx, &hash).await?.ok_or(Error::InvalidToken)?;
        let known = refresh_tokens::by_hash(&mut tx, &hash).await?.ok_or(Error::InvalidToken)?;
        let at = self.inner.database_clock.time(ctx.now);
        let next = match policy::may_exchange(&session, &known, ctx.now, at) {
            Exchange::Granted => self.exchange(&mut tx, &session, &token, ctx.now).await?,
            Exchange::Repeated(salt) => {
                sessions::note_use(&mut tx, session.id, ctx.now).await?;
                token.next(&salt)
            }
            Exchange::Refused => {
                tx.rollback().await?;
                return Err(Error::InvalidToken);
            }
            Exchange::Replayed => {
                tx.rollback().await?;
                self.end_family(ctx, &hash, session.user).await?;
                return Err(Error::InvalidToken);
            }
        };
        // The proofs stay as they were: a refresh proves nothing.
        let subject = Subject { user: session.user, session: session.id };
        let rng = self.inner.rng.as_ref();
        let access_token =
            self.inner.tokens.issue(SessionKind::Bearer, subject, &session.factors, rng, ctx.now)?;
        tx.commit().await?;
        Ok(self.token_pair(access_token, &next))
    }

    /// The token that comes after this one; the session is used with that. It may be repeated from now on, however long ago its
    /// request began.
    async fn exchange(
        &self,
        tx: &mut Tx,
        family: &Session,
        token: &RawToken,
        now: OffsetDateTime,
    ) -> Result<RawToken, Error> {
        let at = self.inner.database_clock.time(self.now());
        let salt = rng::bytes(self.inner.rng.as_ref());
        let next = token.next(&salt);
        let child = self.refresh_token_of(family.id, &next, Some(salt), now);
        let exchanged = refresh_tokens::exchange(tx, &token.hash(), &child, at).await?;
        exchanged.then_some(next).ok_or(Error::InvalidToken)
    }

    /// Ends the session of a token that has two holders, and tells its owner. Accounts are locked before sessions, so it
    /// looks again whether nobody has ended it meanwhile.
    async fn end_family(&self, ctx: &RequestCtx, token: &TokenHash, user: UserId) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        let owner = users::lock(&mut tx, user).await?.ok_or(Error::InvalidToken)?;
        let family = refresh_tokens::lock_family(&mut tx, token).await?.ok_or(Error::InvalidToken)?;
        if !policy::is_live(&family, ctx.now) {
            return Ok(tx.rollback().await?);
        }
        sessions::end(&mut tx, user, family.id, ctx.now).await?;
        self.audit(&mut tx, ctx, Some(user), Event::RefreshReplayed { session: family.id }).await?;
        self.notify(&mut tx, ctx, &owner, Notice::TokenReused).await?;
        Ok(tx.commit().await?)
    }

    /// The first refresh token of a session.
    pub(crate) fn new_refresh_token(&self) -> RawToken {
        RawToken::new(self.inner.rng.as_ref())
    }

    /// Adds the first token of a family.
    pub(crate) async fn insert_refresh_token(
        &self,
        tx: &mut Tx,
        family: SessionId,
        token: &RawToken,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        Ok(refresh_tokens::insert(tx, &self.refresh_token_of(family, token, None, now)).await?)
    }

    /// A token of a family; `salt` made it of its parent.
    fn refresh_token_of(
        &self,
        family: SessionId,
        token: &RawToken,
        salt: Option<Salt>,
        now: OffsetDateTime,
    ) -> NewRefreshToken {
        let expires_at = now + self.settings().refresh_lifetime;
        NewRefreshToken { hash: token.hash(), session: family, issued_at: now, expires_at, salt }
    }

    /// A session's tokens as its program gets them.
    pub(crate) fn token_pair(&self, access_token: String, refresh_token: &RawToken) -> TokenPair {
        TokenPair {
            access_token,
            refresh_token: refresh_token.reveal(),
            token_type: TokenType::Bearer,
            expires_in: self.settings().token_lifetime.whole_seconds().unsigned_abs(),
        }
    }
}
