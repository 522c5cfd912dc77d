//! Sessions: found by their tokens, renewed, cached, listed, ended. How one is opened is in `authentication`.

mod cache;
mod changes;
mod list;
mod refresh;
pub(crate) mod sweep;

pub(crate) use cache::SessionCache;
pub(crate) use changes::session_cache;
pub use changes::{Announcements, InvalidationError, Invalidations, Source};

use crate::audit::Event;
use crate::credential::{ReadToken, SessionToken, Subject};
use crate::{Accounts, Caller, Error, Member, RequestCtx, policy};
use domain::{Role, SessionKind};
use std::sync::Arc;
use store::sessions::{self, Proof, Session};
use store::{Tx, factors};
use time::OffsetDateTime;

/// Whom a request's cookie names.
#[derive(Debug)]
pub struct Authenticated {
    /// Who.
    pub member: Arc<Member>,
    /// A fresh token to send, once a minute at most.
    pub renewed: Option<SessionToken>,
}

impl Accounts {
    /// Whom a session token names; `None` where it is forged, ended, expired or its account disabled.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate(&self, jwt: &str, now: OffsetDateTime) -> Result<Option<Authenticated>, Error> {
        self.authenticate_cookie(SessionKind::Browser, jwt, now).await
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

    /// Whom an access token names; `None` where it is forged, expired, its session over or its account
    /// disabled.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate_bearer(
        &self,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Member>>, Error> {
        self.authenticate_read(self.read_token(SessionKind::Bearer, jwt, now), now).await
    }

    /// The same for an access token that was read already.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate_read(
        &self,
        token: ReadToken,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Member>>, Error> {
        let subject = token.of(SessionKind::Bearer);
        let Some(session) = self.live_session(subject, SessionKind::Bearer, now).await? else {
            return Ok(None);
        };
        if policy::is_touch_due(&session, now) && !sessions::touch(self.store(), session.id, now).await? {
            // Ended since it was read.
            return Ok(None);
        }
        self.member_of(session).await.map(Some)
    }

    async fn authenticate_cookie(
        &self,
        kind: SessionKind,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, Error> {
        let subject = self.inner.tokens.read(kind, jwt, now);
        let Some(session) = self.live_session(subject, kind, now).await? else {
            return Ok(None);
        };
        let renewed =
            if policy::is_touch_due(&session, now) { self.renew(&session, now).await? } else { None };
        Ok(Some(Authenticated { member: self.member_of(session).await?, renewed }))
    }

    /// Whose a session is. Its account's second factors are looked for only where one is asked for.
    pub(crate) async fn member_of(&self, session: Session) -> Result<Arc<Member>, Error> {
        let must_prove = self.must_prove(session.email_verified);
        let must_enrol = self.must_enrol(session.role, false)
            && factors::enrolled(self.store(), session.user).await?.is_empty();
        Ok(Arc::new(Member::of(session, must_prove, must_enrol)))
    }

    /// Whether an account whose address is proven or not has to prove it first.
    pub(crate) fn must_prove(&self, email_verified: bool) -> bool {
        policy::must_prove(self.settings().require_verified, email_verified)
    }

    /// Whether an account of this role has to set a second factor up first.
    pub(crate) fn must_enrol(&self, role: Role, has_factor: bool) -> bool {
        policy::must_enrol(self.settings().require_factor, role, has_factor)
    }

    /// The living session that a token of this kind names. Two steps, each a function of its own: what
    /// the token says (`Tokens::read`), and what its row says of it.
    async fn live_session(
        &self,
        subject: Option<Subject>,
        kind: SessionKind,
        now: OffsetDateTime,
    ) -> Result<Option<Session>, Error> {
        let Some(subject) = subject else {
            return Ok(None);
        };
        let session = sessions::by_id(self.store(), kind, subject.session).await?;
        Ok(session.filter(|s| s.user == subject.user && policy::is_live(s, now)))
    }

    /// Whether a member's session still lives.
    pub(crate) async fn is_alive(&self, member: &Member) -> Result<bool, Error> {
        let session = sessions::by_id(self.store(), member.kind, member.session).await?;
        Ok(session.is_some_and(|session| policy::is_live(&session, self.now())))
    }

    /// A session that was ended since it was read gets no fresh token.
    async fn renew(&self, session: &Session, now: OffsetDateTime) -> Result<Option<SessionToken>, Error> {
        if !sessions::touch(self.store(), session.id, now).await? {
            return Ok(None);
        }
        let &Session { id, user, kind, role, persistent, .. } = session;
        let subject = Subject { user, session: id };
        self.session_token(kind, subject, &session.factors, role, persistent, now).map(Some)
    }

    /// Ends the caller's session, and with it every token that names it. Without one there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn sign_out(&self, ctx: &RequestCtx) -> Result<(), Error> {
        let Caller::Member(member) = &ctx.caller else {
            return Ok(());
        };
        let mut tx = self.store().begin().await?;
        self.end_session(&mut tx, ctx, member).await?;
        Ok(tx.commit().await?)
    }

    /// Ends a member's session and says so, once however often it is asked.
    pub(crate) async fn end_session(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        member: &Member,
    ) -> Result<(), Error> {
        if sessions::end(tx, member.user, member.session, ctx.now).await? {
            self.audit(tx, ctx, Some(member.user), Event::SignedOut).await?;
        }
        Ok(())
    }

    /// A token for a session, and how long a browser is to keep it.
    pub(crate) fn session_token(
        &self,
        kind: SessionKind,
        subject: Subject,
        factors: &[Proof],
        role: Role,
        persistent: bool,
        now: OffsetDateTime,
    ) -> Result<SessionToken, Error> {
        let jwt = self.inner.tokens.issue(kind, subject, factors, self.inner.rng.as_ref(), now)?;
        Ok(SessionToken { jwt, max_age: persistent.then(|| policy::lifetime(role, kind).idle) })
    }
}
