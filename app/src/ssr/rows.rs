//! Sessions, known devices and events in words.

use crate::rows::{Devices, Events, Row, RowIcon};
use accounts::{RequestCtx, timestamp};
use domain::{ActivityView, EventKind, KnownDeviceView, Page, SessionKind, SessionView, Timestamp};

/// Sessions and known devices, as the caller sees them.
#[must_use]
pub fn devices(sessions: Vec<SessionView>, known: Vec<KnownDeviceView>, ctx: &RequestCtx) -> Devices {
    let (browsers, programs): (Vec<_>, Vec<_>) =
        sessions.into_iter().partition(|session| session.kind == SessionKind::Browser);
    let rows = |sessions: Vec<_>| sessions.into_iter().map(|session| session_row(session, ctx)).collect();
    Devices {
        browsers: rows(browsers),
        programs: rows(programs),
        known: known.into_iter().map(|device| known_row(device, ctx)).collect(),
    }
}

/// A page of events, as the caller sees them.
#[must_use]
pub fn events(page: Page<ActivityView>, newest: bool, ctx: &RequestCtx) -> Events {
    Events {
        rows: page.items.into_iter().map(|event| event_row(event, ctx)).collect(),
        newest,
        older: page.next_cursor.map(|cursor| format!("/account/activity?cursor={cursor}")),
    }
}

fn session_row(session: SessionView, ctx: &RequestCtx) -> Row {
    let ago = words::sessions::last_used(&ago(&session.last_used_at, ctx));
    Row {
        id: session.id.to_string(),
        icon: icon(&session.agent),
        title: words::client_of(&session.agent),
        place: place(session.address, ctx),
        current: session.current,
        ..at(session.last_used_at, ago)
    }
}

fn known_row(device: KnownDeviceView, ctx: &RequestCtx) -> Row {
    let ago = words::known_devices::last_sign_in(&ago(&device.last_used_at, ctx));
    let unknown = || words::known_devices::unknown().to_owned();
    Row {
        id: device.id.to_string(),
        icon: device.agent.as_deref().map_or(RowIcon::Computer, icon),
        title: device.agent.as_deref().map_or_else(unknown, words::client_of),
        current: device.current,
        ..at(device.last_used_at, ago)
    }
}

fn event_row(event: ActivityView, ctx: &RequestCtx) -> Row {
    // A newer server writes kinds that this one does not know.
    let kind = EventKind::of(&event.kind);
    let own_icon = event.agent.as_deref().map_or(RowIcon::Computer, icon);
    let client = event.agent.as_deref().map(words::client_of);
    let by = [client, event.address.map(|address| place(address, ctx))];
    let by_admin = event.by_admin.then(|| words::activity::by_admin().to_owned());
    let ago = ago(&event.at, ctx);
    Row {
        icon: if kind.is_some_and(EventKind::is_suspicious) { RowIcon::Warning } else { own_icon },
        title: kind.map_or(words::event::other(), words::what_happened).to_owned(),
        place: by_admin.into_iter().chain(by.into_iter().flatten()).collect::<Vec<_>>().join(" · "),
        ..at(event.at, ago)
    }
}

fn ago(at: &Timestamp, ctx: &RequestCtx) -> String {
    words::ago(at, &timestamp(ctx.now))
}

/// A row of a moment, and nothing else.
fn at(moment: Timestamp, ago: String) -> Row {
    Row {
        id: String::new(),
        icon: RowIcon::Computer,
        title: String::new(),
        place: String::new(),
        ago,
        exact: words::exact(&moment),
        at: moment.0,
        current: false,
    }
}

fn place(address: String, ctx: &RequestCtx) -> String {
    if ctx.client.is_near(&address) { words::sessions::here().to_owned() } else { address }
}

fn icon(agent: &str) -> RowIcon {
    if !words::is_browser(agent) {
        RowIcon::Program
    } else if words::is_phone(agent) {
        RowIcon::Phone
    } else {
        RowIcon::Computer
    }
}
