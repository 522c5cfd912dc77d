//! Sessions, known devices and events as the server writes them: words and markup, so that the browser's build holds
//! neither. What a stranger's program calls itself is text here, which Leptos escapes.

use super::request;
use crate::AppError;
use crate::forms::FACTORS;
use crate::ui::{Card, PlainForm, hidden, outcome};
use accounts::{RequestCtx, timestamp};
use domain::{
    ActivityView, EventKind, FactorsView, KeptView, KnownDeviceView, Page, SessionKind, SessionView,
    Timestamp,
};
use leptos::prelude::*;
use leptos_router::location::RequestUrl;

/// What a row shows beside its title.
struct Facts {
    place: String,
    ago: String,
    at: Timestamp,
}

/// A form that a row acts by.
struct Act {
    function: &'static str,
    field: &'static str,
    id: String,
    label: &'static str,
    about: String,
}

/// Three cards: the way to two-step sign-in, where the caller is signed in, and the devices that the account knows.
///
/// # Errors
/// As [`super::context`].
pub fn devices(
    sessions: Vec<SessionView>,
    known: Vec<KnownDeviceView>,
    factors: &FactorsView,
    ctx: &RequestCtx,
) -> Result<String, AppError> {
    let account = ctx.viewer().map(|viewer| viewer.id.to_string()).unwrap_or_default();
    let others = sessions.iter().any(|session| !session.current);
    let (browsers, programs): (Vec<_>, Vec<_>) =
        sessions.into_iter().partition(|session| session.kind == SessionKind::Browser);
    let rows = |sessions: Vec<SessionView>| {
        list(sessions.into_iter().map(|session| session_row(session, &account, ctx)).collect())
    };
    let (browsers, programs) = (rows(browsers), (!programs.is_empty()).then(|| rows(programs)));
    let known: Vec<_> = known.into_iter().map(|device| known_row(device, &account, ctx)).collect();
    let known = if known.is_empty() { help(words::known_devices::empty()) } else { list(known) };
    let flash = request()?.flash.unwrap_or_default();
    let outcome = |function, done| outcome(&flash, &[function], |_| done);
    let ended = outcome("/fn/sessions/end", words::sessions::ended());
    let others_ended = outcome("/fn/sessions/end-others", words::sessions::others_ended());
    let forgotten = outcome("/fn/devices/forget", words::known_devices::done());
    let end_others = others.then(|| {
        let label = words::sessions::sign_out_others();
        plain_form(&account, "/fn/sessions/end-others", label).show(().into_any())
    });
    let cards = view! {
        {two_step(factors)}
        <Card id="your-sessions" title=words::sessions::title() purpose=words::sessions::purpose()>
            {ended}
            {others_ended}
            {browsers}
            {programs.map(|programs| {
                view! {
                    <h3>{words::sessions::programs()}</h3>
                    <p class="help">{words::sessions::programs_note()}</p>
                    {programs}
                }
            })}
            {end_others}
        </Card>
        <Card id="known-devices" title=words::known_devices::title() purpose=words::known_devices::purpose()>
            {forgotten}
            {known}
        </Card>
    };
    Ok(cards.to_html())
}

/// How two-step sign-in stands, and the way to its page and that of passkeys, which is a document of its own: the router must not follow the
/// link.
fn two_step(factors: &FactorsView) -> AnyView {
    let is_on = factors.totp.is_some() || !factors.passkeys.is_empty();
    let state = if is_on { words::factors::on() } else { words::factors::off() };
    view! {
        <Card id="two-step" title=words::factors::title() purpose=words::factors::link_purpose()>
            <p>{state}</p>
            <p>
                <a class="button button-quiet" href=FACTORS rel="external">
                    {words::factors::link()}
                </a>
            </p>
        </Card>
    }
    .into_any()
}

/// A card: the export, and what is kept about a person.
#[must_use]
pub fn personal_data(kept: Vec<KeptView>, takes_data: bool) -> String {
    let kept = kept.into_iter().map(|KeptView { what, until, why }| {
        view! {
            <dt>{what}</dt>
            <dd>{until}". "{why}</dd>
        }
    });
    let export = if takes_data {
        // A file and no page: the router must not follow the link.
        let link = view! {
            <a class="button button-quiet" href="/account/export" rel="external">
                {words::leave::export()}
            </a>
        };
        link.into_any()
    } else {
        let [before, after] = words::leave::export_later();
        view! { {before} <a href="/account">{words::leave::export_later_link()}</a> {after} }.into_any()
    };
    let card = view! {
        <Card id="your-data" title=words::leave::export_title() purpose=words::leave::export_purpose()>
            <p>{export}</p>
            <details class="kept-list">
                <summary>{words::leave::kept()}</summary>
                <dl>{kept.collect_view()}</dl>
            </details>
        </Card>
    };
    card.to_html()
}

/// A page of events, and the ways to other ones.
#[must_use]
pub fn events(page: Page<ActivityView>, newest: bool, ctx: &RequestCtx) -> String {
    const PATH: &str = "/account/activity";
    let rows: Vec<_> = page.items.into_iter().map(|event| event_row(event, ctx)).collect();
    let rows = if rows.is_empty() { help(words::activity::empty()) } else { list(rows) };
    let link = |to: String, label: &'static str| view! { <a class="button button-quiet" href=to rel="external">{label}</a> };
    let to_newest = (!newest).then(|| link(PATH.to_owned(), words::activity::newest()));
    let to_older =
        page.next_cursor.map(|cursor| link(format!("{PATH}?cursor={cursor}"), words::activity::older()));
    let [before, after] = words::activity::not_me();
    let events = view! {
        <section class="card" aria-label=words::activity::heading()>
            <div class="card-body">{rows}</div>
        </section>
        <p class="actions pager">{to_newest} {to_older}</p>
        <p class="help">{before} <a href="/account/security">{words::activity::change_password()}</a> {after}</p>
    };
    events.to_html()
}

/// The cursor in the address of the page that is rendered; a page that the program shows by itself begins with the newest.
#[must_use]
pub fn cursor() -> String {
    let url = use_context::<RequestUrl>().map(|url| url.as_ref().to_owned()).unwrap_or_default();
    let query = url.split('?').nth(1).unwrap_or_default();
    let cursor = query.split('&').find_map(|part| part.strip_prefix("cursor="));
    cursor.unwrap_or_default().to_owned()
}

fn session_row(session: SessionView, account: &str, ctx: &RequestCtx) -> AnyView {
    let title = words::client_of(&session.agent);
    let act = (!session.current).then(|| Act {
        function: "/fn/sessions/end",
        field: "form[session]",
        id: session.id.to_string(),
        label: words::sessions::sign_out(),
        about: words::sessions::sign_out_of(&title),
    });
    let facts = Facts {
        place: place(session.address, ctx),
        ago: words::sessions::last_used(&ago(&session.last_used_at, ctx)),
        at: session.last_used_at,
    };
    row(icon(&session.agent), title, facts, session.current, act.map(|act| act.form(account)))
}

fn known_row(device: KnownDeviceView, account: &str, ctx: &RequestCtx) -> AnyView {
    let agent = device.agent.as_deref();
    let trusted = device.trusted_until.as_ref().map(|at| words::known_devices::trusted(&words::exact(at)));
    let title = agent.map_or_else(|| words::known_devices::unknown().to_owned(), words::client_of);
    let act = Act {
        function: "/fn/devices/forget",
        field: "form[device]",
        id: device.id.to_string(),
        label: words::known_devices::forget(),
        about: words::known_devices::forget_one(&title),
    };
    let facts = Facts {
        place: trusted.unwrap_or_default(),
        ago: words::known_devices::last_sign_in(&ago(&device.last_used_at, ctx)),
        at: device.last_used_at,
    };
    row(agent.map_or(COMPUTER, icon), title, facts, device.current, Some(act.form(account)))
}

fn event_row(event: ActivityView, ctx: &RequestCtx) -> AnyView {
    // A newer server writes kinds that this one does not know.
    let kind = EventKind::of(&event.kind);
    let own_icon = event.agent.as_deref().map_or(COMPUTER, icon);
    let client = event.agent.as_deref().map(words::client_of);
    let by = [client, event.address.map(|address| place(address, ctx))];
    let by_admin = event.by_admin.then(|| words::activity::by_admin().to_owned());
    let facts = Facts {
        place: by_admin.into_iter().chain(by.into_iter().flatten()).collect::<Vec<_>>().join(" · "),
        ago: ago(&event.at, ctx),
        at: event.at,
    };
    let icon = if kind.is_some_and(EventKind::is_suspicious) { WARNING } else { own_icon };
    let title = kind.map_or(words::event::other(), words::what_happened).to_owned();
    row(icon, title, facts, false, None)
}

/// The page's own forms are the program's; these are the browser's alone.
fn plain_form(account: &str, function: &'static str, label: &'static str) -> PlainForm {
    PlainForm { class: "button button-quiet", ..PlainForm::new(account, function, label) }
}

impl Act {
    fn form(self, account: &str) -> AnyView {
        let Self { function, field, id, label, about } = self;
        let form = PlainForm { about: Some(about), ..plain_form(account, function, label) };
        form.show(hidden(field, &id))
    }
}

fn row(icon: &'static str, title: String, facts: Facts, current: bool, act: Option<AnyView>) -> AnyView {
    let Facts { place, ago, at } = facts;
    let place = (!place.is_empty()).then(|| view! { <bdi>{place}</bdi> " · " });
    let exact = words::exact(&at);
    view! {
        <li class="row">
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false" inner_html=icon></svg>
            <div class="row-text">
                <p class="row-title">
                    <bdi>{title}</bdi>
                    {current.then(|| view! { " " <span class="badge">{words::sessions::current()}</span> })}
                </p>
                <p class="row-facts">{place} <time datetime=at.0 title=exact>{ago}</time></p>
            </div>
            {act}
        </li>
    }
    .into_any()
}

fn list(rows: Vec<AnyView>) -> AnyView {
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

fn help(words: &'static str) -> AnyView {
    view! { <p class="help">{words}</p> }.into_any()
}

fn ago(at: &Timestamp, ctx: &RequestCtx) -> String {
    words::ago(at, &timestamp(ctx.now))
}

fn place(address: String, ctx: &RequestCtx) -> String {
    if ctx.client.is_near(&address) { words::sessions::here().to_owned() } else { address }
}

const COMPUTER: &str = r#"<path d="M2 2.5h12v8H2zM8 10.5v3m-3 0h6"/>"#;
const PHONE: &str = r#"<path d="M4.5 1.5h7v13h-7zM7.5 12h1"/>"#;
const PROGRAM: &str = r#"<path d="M1.5 2.5h13v11h-13zM4.5 6l2 2-2 2m4.5.5h2.5"/>"#;
const WARNING: &str = r#"<path d="M8 1.75 15 14H1zM8 6.5v3.25m0 2v.25"/>"#;

fn icon(agent: &str) -> &'static str {
    if !words::is_browser(agent) {
        PROGRAM
    } else if words::is_phone(agent) {
        PHONE
    } else {
        COMPUTER
    }
}
