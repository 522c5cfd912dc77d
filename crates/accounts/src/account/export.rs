//! The export of all that is kept about a person, in pieces: a long trail is never whole in memory.

use crate::audit::{Event, for_its_person};
use crate::view::{self, timestamp};
use crate::{Accounts, Error, Member, RequestCtx};
use domain::{
    EXPORT_VERSION, ExportedAct, ExportedApp, ExportedDevice, ExportedEvent, ExportedLink, ExportedPasskey,
    ExportedProof, ExportedSession, LastUse, SessionId, Span, Timestamp, UserId,
};
use serde::Serialize;
use store::audit::{self, Recorded};
use store::export::{self, SessionRow, TokenRow};
use store::factors::passkeys::{self, PasskeyRow};
use store::factors::totp::{self, TotpTimes};
use store::known_devices::{self, KnownDevice};
use store::users::User;
use time::OffsetDateTime;
use uuid::Uuid;

/// How many items a piece holds.
const PAGE: u16 = 100;

/// An export on its way: a [`domain::AccountExport`], as JSON.
pub struct Export {
    accounts: Accounts,
    user: UserId,
    member: Member,
    /// The first piece, until it is taken.
    begin: Option<String>,
    /// The list of which the next piece is; none at the end.
    list: Option<List>,
    /// The last id of the piece before, within the same list.
    after: Option<Uuid>,
    /// Whether the list has an item already.
    filled: bool,
}

#[derive(Clone, Copy)]
enum List {
    Sessions,
    Devices,
    Networks,
    Passkeys,
    Apps,
    Links,
    Activity,
    Acts,
}

impl List {
    const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Devices => "known_devices",
            Self::Networks => "known_networks",
            Self::Passkeys => "passkeys",
            Self::Apps => "authenticator_apps",
            Self::Links => "mailed_links",
            Self::Activity => "activity",
            Self::Acts => "acts",
        }
    }

    const fn next(self) -> Option<Self> {
        match self {
            Self::Sessions => Some(Self::Devices),
            Self::Devices => Some(Self::Networks),
            Self::Networks => Some(Self::Passkeys),
            Self::Passkeys => Some(Self::Apps),
            Self::Apps => Some(Self::Links),
            Self::Links => Some(Self::Activity),
            Self::Activity => Some(Self::Acts),
            Self::Acts => None,
        }
    }
}

impl Accounts {
    /// Begins the export of all that is kept about the caller, after a recent sign-in, and records it: whoever takes it at
    /// an unlocked computer is seen.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::Unavailable`].
    pub async fn export(&self, ctx: &RequestCtx) -> Result<Export, Error> {
        let member = ctx.member()?;
        let (mut tx, user) = self.begin(ctx).await?;
        self.need_recent_sign_in_in(&mut tx, &user, ctx).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::DataExported).await?;
        tx.commit().await?;
        let id = user.id;
        let begin = begin(user, ctx.now)?;
        let first = Some(List::Sessions);
        let (accounts, member) = (self.clone(), member.clone());
        Ok(Export { accounts, user: id, member, begin: Some(begin), list: first, after: None, filled: false })
    }
}

impl Export {
    /// The next piece; none at the end.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or [`Error::SignInNeeded`] where the session has ended since: the document is not whole then.
    pub async fn next_piece(&mut self) -> Result<Option<String>, Error> {
        if let Some(begin) = self.begin.take() {
            return Ok(Some(begin));
        }
        let Some(list) = self.list else { return Ok(None) };
        if !self.accounts.is_alive(&self.member).await? {
            return Err(Error::SignInNeeded);
        }
        let (found, more_after) = self.page(list).await?;
        let mut piece = if self.after.is_none() { format!(",\"{}\":[", list.name()) } else { String::new() };
        if self.filled && !found.is_empty() {
            piece.push(',');
        }
        piece.push_str(&found.join(","));
        self.filled |= !found.is_empty();
        self.after = more_after;
        if more_after.is_none() {
            piece.push(']');
            self.filled = false;
            self.list = list.next();
            if self.list.is_none() {
                piece.push('}');
            }
        }
        Ok(Some(piece))
    }

    /// Some items of a list as JSON, and the id of the last one where more may follow.
    async fn page(&self, list: List) -> Result<(Vec<String>, Option<Uuid>), Error> {
        let (store, user, after, limit) = (self.accounts.store(), self.user, self.after, PAGE.into());
        match list {
            List::Sessions => {
                let rows = export::sessions(store, user, after, limit).await?;
                Ok((json(rows.iter().map(session))?, last(&rows, |row| row.id)))
            }
            List::Devices => Ok((json(known_devices::list(store, user).await?.iter().map(device))?, None)),
            List::Networks => {
                Ok((json(export::networks(store, user).await?.into_iter().map(last_use))?, None))
            }
            List::Passkeys => Ok((json(passkeys::list(store, user).await?.into_iter().map(passkey))?, None)),
            List::Apps => Ok((json(totp::times(store, user).await?.into_iter().map(app))?, None)),
            List::Links => {
                let rows = export::tokens(store, user, after, limit).await?;
                Ok((json(rows.iter().map(link))?, last(&rows, |row| row.id)))
            }
            List::Activity => {
                let rows = audit::about(store, &self.span(), user).await?;
                let after = last(&rows, |row| row.id);
                Ok((json(rows.into_iter().map(|row| event(row, user)))?, after))
            }
            List::Acts => {
                let rows = audit::by(store, &self.span(), user).await?;
                let after = last(&rows, |row| row.id);
                let on_others = rows.into_iter().filter(|row| row.subject_id != Some(user.0));
                Ok((json(on_others.map(act))?, after))
            }
        }
    }

    /// The next piece of events.
    fn span(&self) -> Span {
        Span { limit: PAGE - 1, after: self.after }
    }
}

/// The document up to its first list.
fn begin(user: User, now: OffsetDateTime) -> Result<String, Error> {
    #[derive(Serialize)]
    struct Begin {
        version: u8,
        exported_at: Timestamp,
        account: domain::UserView,
    }
    let begin = Begin { version: EXPORT_VERSION, exported_at: timestamp(now), account: view::user(user) };
    let mut text = serde_json::to_string(&begin).map_err(Error::internal)?;
    text.pop();
    Ok(text)
}

fn json(items: impl Iterator<Item = impl Serialize>) -> Result<Vec<String>, Error> {
    items.map(|item| serde_json::to_string(&item)).collect::<Result<_, _>>().map_err(Error::internal)
}

/// The last id of a page that is full.
fn last<R>(rows: &[R], id: fn(&R) -> Uuid) -> Option<Uuid> {
    rows.last().filter(|_| rows.len() >= PAGE.into()).map(id)
}

fn session(row: &SessionRow) -> ExportedSession {
    let proof = |proof: &store::sessions::Proof| ExportedProof {
        factor: proof.factor.as_str(),
        at: timestamp(proof.at),
    };
    ExportedSession {
        id: SessionId(row.id),
        kind: row.kind,
        persistent: row.persistent,
        factors: row.factors.iter().map(proof).collect(),
        authenticated_at: timestamp(row.authenticated_at),
        created_at: timestamp(row.created_at),
        last_used_at: timestamp(row.last_used_at),
        expires_at: timestamp(row.expires_at),
        ended_at: row.ended_at.map(timestamp),
        address: row.address.clone(),
        agent: row.agent.clone(),
    }
}

fn device(row: &KnownDevice) -> ExportedDevice {
    let trusted_until = row.trusted_until.map(timestamp);
    ExportedDevice { agent: row.agent.clone(), last_used_at: timestamp(row.last_used_at), trusted_until }
}

fn app(times: TotpTimes) -> ExportedApp {
    ExportedApp { added_at: timestamp(times.added_at), last_used_at: timestamp(times.last_used_at) }
}

fn passkey(row: PasskeyRow) -> ExportedPasskey {
    ExportedPasskey {
        name: row.name,
        aaguid: row.aaguid,
        backed_up: row.backed_up,
        added_at: timestamp(row.added_at),
        last_used_at: row.last_used_at.map(timestamp),
    }
}

fn last_use(at: OffsetDateTime) -> LastUse {
    LastUse { last_used_at: timestamp(at) }
}

fn link(row: &TokenRow) -> ExportedLink {
    ExportedLink {
        purpose: row.purpose.clone(),
        email: row.email.clone(),
        created_at: timestamp(row.created_at),
        sent_at: row.sent_at.map(timestamp),
        expires_at: timestamp(row.expires_at),
        used_at: row.used_at.map(timestamp),
    }
}

fn event(row: Recorded, me: UserId) -> ExportedEvent {
    let (row, by_admin) = for_its_person(row, me);
    ExportedEvent {
        id: row.id,
        at: timestamp(row.at),
        kind: row.kind,
        result: row.result,
        by_admin,
        address: row.address,
        agent: row.agent,
        session: row.session_id.map(SessionId),
        detail: row.detail.unwrap_or_default(),
    }
}

/// Without whose account it was.
fn act(row: Recorded) -> ExportedAct {
    ExportedAct {
        id: row.id,
        at: timestamp(row.at),
        kind: row.kind,
        result: row.result,
        address: row.address,
        agent: row.agent,
        session: row.session_id.map(SessionId),
        detail: row.detail.unwrap_or_default(),
    }
}
