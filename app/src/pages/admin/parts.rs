//! What the pages of admins are made of.

use crate::ui::Flash;
use domain::{AdminAct, Factor, ProblemDocument, Role, Timestamp, TwoWayPage, UserView};
use leptos::prelude::*;
use leptos_router::location::Url;

/// What was typed in a field of the form that was refused.
pub(super) fn typed(flash: &Flash, field: &str) -> Option<String> {
    flash.value(field).map(str::to_owned)
}

/// What the server says of a field.
pub(super) fn field_error(flash: &Flash, field: &str) -> Option<String> {
    let errors = flash.problem.iter().flat_map(|problem| &problem.errors);
    errors.into_iter().find(|error| error.field == field).map(|error| error.message.clone())
}

/// Why a list cannot be shown.
pub(super) fn refused(problem: ProblemDocument) -> AnyView {
    let message =
        problem.errors.into_iter().next().map_or(problem.detail, |error| match error.field.as_str() {
            "cursor" => words::admin::no_such_page().to_owned(),
            _ => error.message,
        });
    view! { <p class="notice">{message}</p> }.into_any()
}

/// The ways to the other pages of a list. `to` is the address of the page at a cursor.
pub(super) fn pager<T>(page: &TwoWayPage<T>, first: bool, to: impl Fn(&str) -> String) -> AnyView {
    let ways = [
        ((!first).then_some(""), words::admin::first()),
        (page.prev_cursor.as_deref(), words::admin::previous()),
        (page.next_cursor.as_deref(), words::admin::next()),
    ];
    let links = ways.into_iter().filter_map(|(cursor, label)| Some(link(to(cursor?), label)));
    let links: Vec<_> = links.collect();
    (!links.is_empty()).then(|| view! { <p class="actions pager">{links}</p> }).into_any()
}

/// A link that is shown once, and until when it works.
pub(super) fn shown_link(
    flash: &Flash,
    function: &str,
    label: &'static str,
    note: fn(&str) -> String,
) -> AnyView {
    let link = Some(flash).filter(|flash| flash.function == function && flash.problem.is_none());
    let link = link.and_then(|flash| typed(flash, "token").zip(typed(flash, "until")));
    let show = |(link, until): (String, String)| {
        let note = note(&words::exact(&Timestamp(until)));
        view! {
            <section class="card" aria-labelledby="made-link">
                <div class="card-head">
                    <h2 id="made-link">{label}</h2>
                    <p>{note}</p>
                </div>
                <div class="card-body">
                    <input class="input" type="text" readonly value=link aria-labelledby="made-link"/>
                </div>
            </section>
        }
        .into_any()
    };
    link.map_or_else(|| ().into_any(), show)
}

pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => words::admin::role_admin(),
        Role::User => words::admin::role_user(),
    }
}

/// What signing in takes beside the password.
pub(super) fn second_factors(factors: &[Factor]) -> String {
    let name = |factor: &Factor| match factor {
        Factor::Passkey => words::second_step::passkey(),
        Factor::Totp => words::second_step::totp(),
        _ => words::second_step::other(),
    };
    let names: Vec<_> = factors.iter().map(name).collect();
    if names.is_empty() { words::admin_user::no_second_factor().to_owned() } else { names.join(" · ") }
}

/// Whether an account works, in a word.
pub(super) fn state(user: &UserView) -> &'static str {
    match (user.is_active, user.closes_at.is_some()) {
        (true, _) => words::admin::active(),
        (false, true) => words::admin::closing(),
        (false, false) => words::admin::disabled(),
    }
}

pub(super) fn proof(user: &UserView) -> &'static str {
    if user.email_verified { words::admin::proven() } else { words::admin::not_proven() }
}

pub(super) fn act_label(act: AdminAct) -> &'static str {
    match act {
        AdminAct::Promote => words::act_label::promote(),
        AdminAct::Demote => words::act_label::demote(),
        AdminAct::Disable => words::act_label::disable(),
        AdminAct::Enable => words::act_label::enable(),
        AdminAct::EndSessions => words::act_label::end_sessions(),
        AdminAct::ClearFactors => words::act_label::clear_factors(),
        AdminAct::SendReset => words::act_label::send_reset(),
        AdminAct::MakeReset => words::act_label::make_reset(),
        AdminAct::Verify => words::act_label::verify(),
        AdminAct::Delete => words::act_label::delete(),
    }
}

pub(super) fn act_title(act: AdminAct) -> &'static str {
    match act {
        AdminAct::Promote => words::act_title::promote(),
        AdminAct::Demote => words::act_title::demote(),
        AdminAct::Disable => words::act_title::disable(),
        AdminAct::MakeReset => words::act_title::make_reset(),
        AdminAct::ClearFactors => words::act_title::clear_factors(),
        AdminAct::Delete => words::act_title::delete(),
        AdminAct::Enable | AdminAct::EndSessions | AdminAct::SendReset | AdminAct::Verify => {
            words::act_title::other()
        }
    }
}

pub(super) fn act_does(act: AdminAct) -> &'static str {
    match act {
        AdminAct::Promote => words::act_does::promote(),
        AdminAct::Demote => words::act_does::demote(),
        AdminAct::Disable => words::act_does::disable(),
        AdminAct::Enable => words::act_does::enable(),
        AdminAct::EndSessions => words::act_does::end_sessions(),
        AdminAct::ClearFactors => words::act_does::clear_factors(),
        AdminAct::SendReset => words::act_does::send_reset(),
        AdminAct::MakeReset => words::act_does::make_reset(),
        AdminAct::Verify => words::act_does::verify(),
        AdminAct::Delete => words::act_does::delete(),
    }
}

/// What the act of the last form has done.
pub(super) fn act_done(flash: &Flash) -> &'static str {
    match typed(flash, "act").as_deref().and_then(AdminAct::of) {
        Some(AdminAct::Promote) => words::act_done::promote(),
        Some(AdminAct::Demote) => words::act_done::demote(),
        Some(AdminAct::Disable) => words::act_done::disable(),
        Some(AdminAct::Enable) => words::act_done::enable(),
        Some(AdminAct::EndSessions) => words::act_done::end_sessions(),
        Some(AdminAct::ClearFactors) => words::act_done::clear_factors(),
        Some(AdminAct::SendReset) => words::act_done::send_reset(),
        Some(AdminAct::MakeReset) => words::act_done::make_reset(),
        Some(AdminAct::Verify) => words::act_done::verify(),
        Some(AdminAct::Delete) | None => words::act_done::delete(),
    }
}

/// Rows that are cards where there is no room for a table.
pub(super) fn table(headings: &[&'static str], rows: Vec<AnyView>) -> AnyView {
    let headings = headings.iter().map(|heading| {
        view! {
            <th scope="col" role="columnheader">
                {*heading}
            </th>
        }
    });
    view! {
        <table class="table" role="table">
            <thead role="rowgroup">
                <tr role="row">{headings.collect::<Vec<_>>()}</tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

/// A list as a card, or what is said where nothing is in it.
pub(super) fn list(
    label: &'static str,
    empty: &'static str,
    headings: &[&'static str],
    rows: Vec<AnyView>,
) -> AnyView {
    let content = if rows.is_empty() {
        view! { <p class="card-body help">{empty}</p> }.into_any()
    } else {
        table(headings, rows)
    };
    view! {
        <section class="card" aria-label=label>
            {content}
        </section>
    }
    .into_any()
}

/// What is asked for stands in the address: it survives a reload and Back. `more` stands beside the buttons.
pub(super) fn filters(path: &'static str, is_asked: bool, fields: AnyView, more: AnyView) -> AnyView {
    view! {
        <form class="filters" action=path method="get" role="search" data-search=words::admin_users::not_now()>
            {fields}
            <p class="actions">
                <button type="submit" class="button button-quiet">{words::admin::apply()}</button>
                {is_asked.then(|| link(path.to_owned(), words::admin::reset()))}
                {more}
            </p>
            // What the script says that looks while somebody types.
            <p class="help" role="status"></p>
        </form>
    }
    .into_any()
}

/// A link that looks like a button.
pub(super) fn link(to: String, label: &'static str) -> AnyView {
    view! { <a class="button button-quiet" href=to>{label}</a> }.into_any()
}

/// One of several, or any.
pub(super) fn choice(
    name: &'static str,
    label: &'static str,
    chosen: &str,
    offered: &[(&'static str, &'static str)],
) -> AnyView {
    select(name, label, chosen, &[[("", words::admin::any())].as_slice(), offered].concat())
}

/// One of several.
pub(super) fn select(
    name: &'static str,
    label: &'static str,
    chosen: &str,
    offered: &[(&'static str, &'static str)],
) -> AnyView {
    let options = offered.iter().map(|(value, words)| {
        view! { <option value=*value selected=*value == chosen>{*words}</option> }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select class="input" id=name name=name>{options.collect::<Vec<_>>()}</select>
        </div>
    }
    .into_any()
}

/// A page that is asked for something: what is empty is left out.
pub(super) fn address(path: &str, fields: &[(&'static str, &str)]) -> String {
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    let asked: Vec<_> = given.map(|(name, value)| format!("{name}={}", Url::escape(value))).collect();
    if asked.is_empty() { path.to_owned() } else { format!("{path}?{}", asked.join("&")) }
}
