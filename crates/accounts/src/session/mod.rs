//! Sessions: opened, renewed, cached, listed, ended. One file for each way they are carried.

mod api_cookie;
mod bearer;
mod cache;
mod list;

pub use cache::Invalidations;
pub(crate) use cache::SessionCache;

use crate::audit::Event;
use crate::credential::{SessionToken, Subject};
use crate::{Accounts, Caller, Error, Member, RawToken, RequestCtx, policy, rng};
use domain::{Role, SessionId, SessionKind, UserId, Viewer, display_name};
use store::Tx;
use store::refresh_tokens;
use store::sessions::{self, NewSession, Session};
use time::OffsetDateTime;

/// How many dead rows one statement deletes.
pub(crate) const SWEEP_BATCH: i64 = 1_000;

/// Somebody who has just proven who they are.
#[derive(Debug)]
pub struct SignedIn {
    /// As the page's header shows them.
    pub viewer: Viewer,
    /// For the cookie.
    pub token: SessionToken,
    /// For the cookie by which this browser is known again; none where nothing was signed in to anew.
    pub device: Option<RawToken>,
}

/// Whom a request's cookie names.
#[derive(Debug)]
pub struct Authenticated {
    /// Who.
    pub member: Member,
    /// A fresh token to send, once a minute at most.
    pub renewed: Option<SessionToken>,
}

/// A session that was just opened.
pub(crate) struct Opened {
    pub(crate) session: SessionId,
    pub(crate) token: SessionToken,
}

/// Whose session is opened, and how.
pub(crate) struct Opening {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) kind: SessionKind,
    pub(crate) persistent: bool,
}

impl Accounts {
    /// Whom a session token names; `None` where it is forged, ended, expired or its account disabled.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer: never "not signed in" (P18).
    pub async fn authenticate(&self, jwt: &str, now: OffsetDateTime) -> Result<Option<Authenticated>, Error> {
        self.authenticate_cookie(SessionKind::Browser, jwt, now).await
    }

    /// The same for a cookie of this kind.
    pub(crate) async fn authenticate_cookie(
        &self,
        kind: SessionKind,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Authenticated>, Error> {
        let Some(session) = self.live_session(kind, jwt, now).await? else {
            return Ok(None);
        };
        let renewed =
            if policy::is_touch_due(&session, now) { self.renew(&session, now).await? } else { None };
        Ok(Some(Authenticated { member: member(session), renewed }))
    }

    /// The living session that a token of this kind names. Two steps, each a function of its own: what
    /// the token says, and what its row says of it.
    pub(crate) async fn live_session(
        &self,
        kind: SessionKind,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Session>, Error> {
        let Some(subject) = self.inner.tokens.read(kind, jwt, now) else {
            return Ok(None);
        };
        let session = sessions::by_id(self.store(), kind, subject.session).await?;
        Ok(session.filter(|s| s.user == subject.user && policy::is_live(s, now)))
    }

    /// A session that was ended since it was read gets no fresh token.
    async fn renew(&self, session: &Session, now: OffsetDateTime) -> Result<Option<SessionToken>, Error> {
        if !sessions::touch(self.store(), session.id, now).await? {
            return Ok(None);
        }
        let authenticated_at = session.authenticated_at;
        let subject = Subject { user: session.user, session: session.id, authenticated_at };
        self.token(session.kind, subject, session.role, session.persistent, now).map(Some)
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
        if sessions::end(tx, member.session, ctx.now).await? {
            self.audit(tx, ctx, Some(member.user), Event::SignedOut).await?;
        }
        Ok(())
    }

    /// Deletes sessions and refresh tokens that can never be used again, and says how many; counts that no longer
    /// count go along.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn sweep(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            let idle_before = now - policy::LONGEST_IDLE;
            let sessions = sessions::sweep(self.store(), now, idle_before, SWEEP_BATCH).await?;
            let tokens = refresh_tokens::sweep(self.store(), now, SWEEP_BATCH).await?;
            swept += sessions + tokens;
            if sessions.max(tokens) < SWEEP_BATCH.unsigned_abs() {
                self.sweep_throttle(now).await?;
                self.sweep_known_devices(now).await?;
                return Ok(swept);
            }
        }
    }

    /// Opens a cookie's session.
    pub(crate) async fn open_session(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        opening: &Opening,
    ) -> Result<Opened, Error> {
        let subject = self.insert_session(tx, ctx, opening).await?;
        let token = self.token(opening.kind, subject, opening.role, opening.persistent, ctx.now)?;
        Ok(Opened { session: subject.session, token })
    }

    /// Makes a session under a new id, which no one can have planted (ASVS 7.2.4).
    pub(crate) async fn insert_session(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        opening: &Opening,
    ) -> Result<Subject, Error> {
        let session = SessionId(rng::uuid(self.inner.rng.as_ref(), ctx.now));
        let row = NewSession {
            id: session,
            user: opening.user,
            kind: opening.kind,
            persistent: opening.persistent,
            authenticated_at: ctx.now,
            created_at: ctx.now,
            expires_at: ctx.now + policy::lifetime(opening.role, opening.kind).absolute,
            address: &ctx.client.address.to_string(),
            agent: &ctx.client.agent,
        };
        sessions::insert(tx, &row).await?;
        self.know_network(tx, ctx, opening.user).await?;
        Ok(Subject { user: opening.user, session, authenticated_at: ctx.now })
    }

    fn token(
        &self,
        kind: SessionKind,
        subject: Subject,
        role: Role,
        persistent: bool,
        now: OffsetDateTime,
    ) -> Result<SessionToken, Error> {
        let jwt = self.inner.tokens.issue(kind, subject, self.inner.rng.as_ref(), now)?;
        Ok(SessionToken { jwt, max_age: persistent.then(|| policy::lifetime(role, kind).idle) })
    }
}

pub(crate) fn member(session: Session) -> Member {
    Member {
        user: session.user,
        session: session.id,
        kind: session.kind,
        role: session.role,
        email: session.email,
        name: display_name(
            session.name.as_deref(),
            session.first_name.as_deref(),
            session.last_name.as_deref(),
        ),
        authenticated_at: session.authenticated_at,
        persistent: session.persistent,
    }
}
