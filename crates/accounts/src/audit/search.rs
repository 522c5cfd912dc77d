//! What an admin looks for in the audit trail: people by their address, days, and where something was done from.

use crate::audit::activity::audit_view;
use crate::rng::first_id;
use crate::{Accounts, Error, RequestCtx, identifier};
use domain::{
    Addresses, AuditFilter, AuditQuery, AuditSearch, AuditView, FieldErrors, FormReason, Page, Reason, UserId,
};
use std::collections::BTreeSet;
use std::net::IpAddr;
use store::users;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// What is looked for, of acceptable shape.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) filter: AuditFilter,
    /// Nothing before this moment.
    from: Option<OffsetDateTime>,
}

impl Accounts {
    /// The events that are looked for, the newest first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`] (also where nobody has the address),
    /// [`Error::Unavailable`].
    pub async fn search_audit(
        &self,
        ctx: &RequestCtx,
        search: &AuditSearch,
    ) -> Result<Page<AuditView>, Error> {
        ctx.admin()?;
        let search = self.audit_search(search).await?;
        self.found(&search).await
    }

    /// The addresses of those whom events name, of which the account is still there: one question for all of them.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Unavailable`].
    pub async fn addresses_in(&self, ctx: &RequestCtx, events: &[AuditView]) -> Result<Addresses, Error> {
        ctx.admin()?;
        let named: BTreeSet<_> =
            events.iter().flat_map(|event| [event.actor, event.subject]).flatten().collect();
        let ids: Vec<_> = named.into_iter().map(|user| user.0).collect();
        Ok(users::list::addresses(self.store(), &ids).await?)
    }

    /// A page of what is looked for.
    pub(super) async fn found(&self, search: &Search) -> Result<Page<AuditView>, Error> {
        let rows = self.looked_for(&search.filter).await?;
        let whole = rows.len();
        let rows: Vec<_> =
            rows.into_iter().filter(|row| search.from.is_none_or(|from| row.at >= from)).collect();
        let ended = rows.len() < whole;
        let mut page = search.filter.span.page(rows, |row| row.id, audit_view);
        page.next_cursor = page.next_cursor.filter(|_| !ended);
        Ok(page)
    }

    /// Checks every field, and finds the people.
    pub(super) async fn audit_search(&self, search: &AuditSearch) -> Result<Search, Error> {
        let mut errors = FieldErrors::<Reason>::default();
        let query =
            AuditQuery { kind: search.kind.clone(), cursor: search.cursor.clone(), ..AuditQuery::default() };
        let mut filter = query.parse()?;
        filter.actor = self.person(&search.who, "who", &mut errors).await?;
        filter.subject = self.person(&search.whom, "whom", &mut errors).await?;
        filter.address = address(&search.address, &mut errors);
        let from = day(&search.from, "from", &mut errors);
        let until = day(&search.until, "until", &mut errors).and_then(|day| day.checked_add(Duration::DAY));
        if let Some(until) = until {
            // The ids are made of the time.
            let end = first_id(until);
            filter.span.after = Some(filter.span.after.map_or(end, |after| after.min(end)));
        }
        errors.finish(Some(Search { filter, from })).map_err(Error::Invalid)
    }

    /// An account by its address, or its id, which outlives it.
    async fn person(
        &self,
        typed: &str,
        field: &str,
        errors: &mut FieldErrors<Reason>,
    ) -> Result<Option<UserId>, Error> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        if let Ok(id) = Uuid::try_parse(typed) {
            return Ok(Some(UserId(id)));
        }
        let found = match identifier::email(typed) {
            Some(canonical) => users::by_email(self.store(), &canonical).await?,
            None => None,
        };
        if found.is_none() {
            errors.refuse(field, FormReason::IdInvalid);
        }
        Ok(found.map(|user| user.id))
    }
}

fn address(typed: &str, errors: &mut FieldErrors<Reason>) -> Option<String> {
    let typed = Some(typed.trim()).filter(|typed| !typed.is_empty())?;
    let address = typed.parse::<IpAddr>().ok();
    if address.is_none() {
        errors.refuse("address", FormReason::TextInvalid);
    }
    address.map(|address| address.to_string())
}

fn day(typed: &str, field: &str, errors: &mut FieldErrors<Reason>) -> Option<OffsetDateTime> {
    let typed = Some(typed.trim()).filter(|typed| !typed.is_empty())?;
    let begin = begin_of_day(typed);
    if begin.is_none() {
        errors.refuse(field, FormReason::TextInvalid);
    }
    begin
}

/// When a day such as 2026-01-31 begins, in UTC.
#[must_use]
pub fn begin_of_day(typed: &str) -> Option<OffsetDateTime> {
    let day = Date::parse(typed, format_description!("[year]-[month]-[day]")).ok()?;
    Some(day.midnight().assume_offset(UtcOffset::UTC))
}
