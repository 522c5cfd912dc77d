use crate::reading::to_the_end;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx};
use domain::{
    ActivityView, AuditFilter, AuditQuery, AuditView, EventKind, Page, PageRequest, SessionId, UserId,
};
use store::audit::{self, Recorded};

impl Accounts {
    /// What happened to the caller's own account, the newest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`], [`Error::Unavailable`].
    pub async fn activity(&self, ctx: &RequestCtx, page: PageRequest) -> Result<Page<ActivityView>, Error> {
        let me = ctx.member()?.user;
        let span = page.parse()?;
        let rows = audit::about(self.store(), &span, me).await?;
        Ok(span.page(rows, |row| row.id, |row| activity_view(row, me)))
    }

    /// The audit trail, the newest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Unavailable`].
    pub async fn audit_trail(&self, ctx: &RequestCtx, query: AuditQuery) -> Result<Page<AuditView>, Error> {
        ctx.admin()?;
        let filter = query.parse()?;
        let rows = self.looked_for(&filter).await?;
        Ok(filter.span.page(rows, |row| row.id, audit_view))
    }

    /// The events that an admin looks for, on one of the connections for that.
    pub(super) async fn looked_for(&self, filter: &AuditFilter) -> Result<Vec<Recorded>, Error> {
        let (mut scan, filter) = (self.store().scan().await?, filter.clone());
        to_the_end(async move { Ok(audit::list(&mut scan, &filter).await?) }).await
    }
}

/// An event as the account's own person may see it, and whether an admin did it. From where and in which session
/// somebody else acted stays out. Only admins act on another's account: a member who has tried an address that is taken
/// is named by older rows alone.
pub(crate) fn for_its_person(mut row: Recorded, me: UserId) -> (Recorded, bool) {
    let by_another = row.actor_id.is_some_and(|actor| actor != me.0);
    if by_another {
        (row.address, row.agent, row.session_id) = (None, None, None);
    }
    let by_admin = by_another && row.kind != EventKind::AddressTaken.as_str();
    (row, by_admin)
}

fn activity_view(row: Recorded, me: UserId) -> ActivityView {
    let (row, by_admin) = for_its_person(row, me);
    ActivityView {
        id: row.id,
        at: timestamp(row.at),
        kind: row.kind,
        by_admin,
        address: row.address,
        agent: row.agent,
        session: row.session_id.map(SessionId),
    }
}

pub(super) fn audit_view(row: Recorded) -> AuditView {
    AuditView {
        id: row.id,
        at: timestamp(row.at),
        kind: row.kind,
        result: row.result,
        actor: row.actor_id.map(UserId),
        subject: row.subject_id.map(UserId),
        session: row.session_id.map(SessionId),
        address: row.address,
        agent: row.agent,
        request_id: row.request_id,
        detail: row.detail.unwrap_or_default(),
    }
}
