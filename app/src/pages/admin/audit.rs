use super::document::{Head, document};
use super::event::{account, details, origin, title};
use super::parts::{self, address, choice, filters, link};
use crate::site::DocumentContext;
use domain::{Addresses, AuditSearch, AuditView, EventKind, Page, ProblemDocument, UserId};
use leptos::prelude::*;

/// The audit trail, or what is asked for of it.
#[must_use]
pub fn admin_audit_document(
    context: DocumentContext,
    search: AuditSearch,
    found: Result<(Page<AuditView>, Addresses), ProblemDocument>,
) -> String {
    let head = Head::new(words::admin_audit::title(), words::admin_audit::lead());
    document(context, head, move |_| page(&search, found))
}

const PATH: &str = "/admin/audit";
const EXPORT: &str = "/admin/audit/export";

fn page(search: &AuditSearch, found: Result<(Page<AuditView>, Addresses), ProblemDocument>) -> AnyView {
    let errors = found.as_ref().err().map(|problem| problem.errors.clone()).unwrap_or_default();
    let count = found.as_ref().map_or(0, |(page, _)| page.items.len() as u64);
    let told =
        if count == 0 { words::admin_audit::empty().to_owned() } else { words::admin_audit::found(count) };
    let list = match found {
        Ok((page, addresses)) => list(search, page, &addresses),
        Err(_) => ().into_any(),
    };
    let said = errors.into_iter().map(|error| {
        let message = match error.field.as_str() {
            "who" | "whom" => words::admin_audit::nobody().to_owned(),
            "cursor" => words::admin::no_such_page().to_owned(),
            _ => error.message,
        };
        view! { <p class="notice">{message}</p> }
    });
    view! {
        {questions(search)}
        <div data-results=told>{said.collect::<Vec<_>>()} {list}</div>
    }
    .into_any()
}

fn questions(search: &AuditSearch) -> AnyView {
    let AuditSearch { kind, who, whom, from, until, address: asked, .. } = search;
    let is_asked = from_place(search, "") != AuditSearch::default();
    let mut kinds: Vec<_> =
        EventKind::ALL.iter().map(|kind| (kind.as_str(), words::what_was_recorded(*kind))).collect();
    kinds.sort_by_key(|(_, words)| *words);
    let fields = view! {
            {choice("kind", words::admin_audit::kind(), kind, &kinds)}
            {field("who", words::admin_audit::who(), who, "text")}
            {field("whom", words::admin_audit::whom(), whom, "text")}
            {field("from", words::admin_audit::from(), from, "date")}
            {field("until", words::admin_audit::until(), until, "date")}
            {field("address", words::admin_audit::address(), asked, "text")}
    };
    filters(PATH, is_asked, fields.into_any(), ().into_any())
}

fn field(name: &'static str, label: &'static str, value: &str, kind: &'static str) -> AnyView {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                value=value.to_owned()
                maxlength="254"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
            />
        </div>
    }
    .into_any()
}

fn download(search: &AuditSearch, format: &'static str, label: &'static str) -> AnyView {
    let search = from_place(search, "");
    let asked = [search.fields().as_slice(), &[("format", format)]].concat();
    link(address(EXPORT, &asked), label)
}

/// The same question, from another place on.
fn from_place(search: &AuditSearch, cursor: &str) -> AuditSearch {
    AuditSearch { cursor: cursor.to_owned(), ..search.clone() }
}

fn list(search: &AuditSearch, page: Page<AuditView>, addresses: &Addresses) -> AnyView {
    let rows: Vec<_> = page.items.iter().map(|event| row(event, addresses)).collect();
    let is_empty = rows.is_empty();
    let headings = [
        words::admin_audit::what(),
        words::admin_audit::when(),
        words::admin_audit::who(),
        words::admin_audit::whom(),
        words::admin_audit::from_where(),
    ];
    let list = parts::list(words::admin_audit::title(), words::admin_audit::empty(), &headings, rows);
    if is_empty {
        return list;
    }
    let to = |cursor: &str, label| link(address(PATH, &from_place(search, cursor).fields()), label);
    let first = (!search.cursor.is_empty()).then(|| to("", words::admin::first()));
    let older = page.next_cursor.map(|cursor| to(&cursor, words::activity::older()));
    view! {
        {list}
        <p class="actions pager">
            {first} {older} {download(search, "csv", words::admin_audit::csv())}
            {download(search, "jsonl", words::admin_audit::jsonl())}
        </p>
    }
    .into_any()
}

/// An event as a row of the whole trail.
fn row(event: &AuditView, addresses: &Addresses) -> AnyView {
    let person = |id: Option<UserId>, none: &'static str| match id {
        Some(id) => account(id, addresses, id.to_string()),
        None => none.into_any(),
    };
    let agent = event.agent.clone();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {title(event)} {details(event)}
            </th>
            <td role="cell" data-label=words::admin_audit::when()>
                <time datetime=event.at.0.clone()>{words::to_the_second(&event.at)}</time>
            </td>
            <td role="cell" data-label=words::admin_audit::who()>
                {person(event.actor, words::admin_audit::stranger())}
            </td>
            <td role="cell" data-label=words::admin_audit::whom()>{person(event.subject, words::admin::none())}</td>
            <td role="cell" data-label=words::admin_audit::from_where() title=agent>
                <bdi>{origin(event).unwrap_or_else(|| words::admin_audit::nothing_more().to_owned())}</bdi>
                <span class="row-facts">{words::admin_audit::request(&event.request_id)}</span>
            </td>
        </tr>
    }
    .into_any()
}
