use crate::audit::Event;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx, policy};
use domain::{SessionId, SessionView};
use store::sessions::{self, Session, list};

/// The most sessions that are shown: a program that signs in every minute has thousands.
const SHOWN: i64 = 200;

impl Accounts {
    /// The caller's own living sessions, the last used first; at most 200.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn sessions(&self, ctx: &RequestCtx) -> Result<Vec<SessionView>, Error> {
        let member = ctx.member()?;
        let sessions = list::list(self.store(), member.user, SHOWN).await?;
        let living = sessions.into_iter().filter(|session| policy::is_live(session, ctx.now));
        Ok(living.map(|session| view(session, member.session)).collect())
    }

    /// Ends one of the caller's own sessions, this one included.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::NotFound`] for one that is not there, ended or somebody else's:
    /// never said which; [`Error::Unavailable`].
    pub async fn end_my_session(&self, ctx: &RequestCtx, session: SessionId) -> Result<(), Error> {
        let member = ctx.member()?;
        let (mut tx, _) = self.begin(ctx).await?;
        if !sessions::end(&mut tx, member.user, session, ctx.now).await? {
            return Err(Error::NotFound);
        }
        self.audit(&mut tx, ctx, Some(member.user), Event::SessionEnded { session }).await?;
        Ok(tx.commit().await?)
    }

    /// The same for a page, which may be older than the session's end: then all is as it should be.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn end_my_session_if_alive(&self, ctx: &RequestCtx, session: SessionId) -> Result<(), Error> {
        match self.end_my_session(ctx, session).await {
            Err(Error::NotFound) => Ok(()),
            ended => ended,
        }
    }

    /// Ends every session of the caller but this one; says how many.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn end_my_other_sessions(&self, ctx: &RequestCtx) -> Result<u64, Error> {
        let member = ctx.member()?;
        let (mut tx, _) = self.begin(ctx).await?;
        let ended_sessions = sessions::end_others(&mut tx, member.user, member.session, ctx.now).await?;
        if ended_sessions > 0 {
            self.audit(&mut tx, ctx, Some(member.user), Event::OtherSessionsEnded { ended_sessions }).await?;
        }
        tx.commit().await?;
        Ok(ended_sessions)
    }
}

fn view(session: Session, current: SessionId) -> SessionView {
    SessionView {
        id: session.id,
        created_at: timestamp(session.created_at),
        last_used_at: timestamp(session.last_used_at),
        expires_at: timestamp(session.expires_at),
        address: session.address,
        agent: session.agent,
        kind: session.kind,
        current: session.id == current,
    }
}
