use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx};
use domain::{ActivityView, AuditFilter, AuditQuery, AuditView, Page, PageRequest, SessionId, UserId};
use store::audit::{self, Recorded};

impl Accounts {
    /// What happened to the caller's own account, the newest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`], [`Error::Unavailable`].
    pub async fn activity(&self, ctx: &RequestCtx, page: PageRequest) -> Result<Page<ActivityView>, Error> {
        let me = ctx.member()?.user;
        let span = page.parse()?;
        let filter = AuditFilter { span, kind: None, actor: None, subject: Some(me) };
        let rows = audit::list(self.store(), &filter).await?;
        Ok(span.page(rows, |row| row.id, |row| activity_view(row, me)))
    }

    /// The audit trail, the newest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Unavailable`].
    pub async fn audit_trail(&self, ctx: &RequestCtx, query: AuditQuery) -> Result<Page<AuditView>, Error> {
        ctx.admin()?;
        let filter = query.parse()?;
        let rows = audit::list(self.store(), &filter).await?;
        Ok(filter.span.page(rows, |row| row.id, audit_view))
    }
}

fn activity_view(row: Recorded, me: UserId) -> ActivityView {
    let by_admin = row.actor_id.is_some_and(|actor| actor != me.0);
    let own = |text: Option<String>| text.filter(|_| !by_admin);
    ActivityView {
        id: row.id,
        at: timestamp(row.at),
        kind: row.kind,
        by_admin,
        address: own(row.address),
        agent: own(row.agent),
        session: row.session_id.filter(|_| !by_admin).map(SessionId),
    }
}

fn audit_view(row: Recorded) -> AuditView {
    AuditView {
        id: row.id,
        at: timestamp(row.at),
        kind: row.kind,
        actor: row.actor_id.map(UserId),
        subject: row.subject_id.map(UserId),
        session: row.session_id.map(SessionId),
        address: row.address,
        agent: row.agent,
        request_id: row.request_id,
        detail: row.detail,
    }
}
