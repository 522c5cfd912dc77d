use super::document::{Head, document};
use super::event;
use super::parts::{act_does, act_done, act_label, proof, role, second_factors, shown_link, state};
use crate::site::DocumentContext;
use crate::ui::{Card, PlainForm, hidden, outcome};
use domain::{Addresses, AdminAct, AdminUserView, Asking, AuditView};
use leptos::prelude::*;

/// An account: what it holds, what can be done to it, what happened to it.
#[must_use]
pub fn admin_user_document(
    context: DocumentContext,
    view: AdminUserView,
    events: Vec<AuditView>,
    addresses: Addresses,
) -> String {
    let user = &view.user;
    let title = user.profile.display_name().unwrap_or_else(|| user.email.clone());
    let head = Head::new(title, words::admin_user::lead(role(user.role), state(user)));
    document(context, head, move |context| page(context, &view, &events, &addresses))
}

fn page(
    context: &DocumentContext,
    view: &AdminUserView,
    events: &[AuditView],
    addresses: &Addresses,
) -> AnyView {
    let id = view.user.id;
    let rows: Vec<_> = events.iter().map(|event| event::row(event, id, addresses)).collect();
    let rows = if rows.is_empty() {
        view! { <p class="help">{words::admin_user::no_activity()}</p> }.into_any()
    } else {
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    view! {
        {outcome(&context.flash, &["/fn/admin/act", "/fn/admin/confirmed", "/fn/admin/link"], act_done)}
        {shown_link(
            &context.flash,
            "/fn/admin/link",
            words::admin_user::link(),
            words::admin_user::link_note,
        )}
        <div class="sides">
            <div>
                {facts(view)}
                <Card
                    id="activity"
                    title=words::admin_user::activity()
                    purpose=words::admin_user::activity_purpose()
                >
                    {rows}
                    <p><a href=format!("/admin/audit?whom={id}")>{words::admin_user::all_activity()}</a></p>
                    <p><a href=format!("/admin/audit?who={id}")>{words::admin_user::acts_of()}</a></p>
                </Card>
            </div>
            <div>{acts(context, view)}</div>
        </div>
    }
    .into_any()
}

fn facts(view: &AdminUserView) -> AnyView {
    let AdminUserView {
        user,
        disabled_reason,
        has_password,
        second_factors: second,
        sessions,
        sessions_go_on,
        ..
    } = view;
    let fact = |label: &'static str, value: String| view! { <div><dt>{label}</dt> <dd><bdi>{value}</bdi></dd></div> };
    let none = || words::admin::none().to_owned();
    let created = words::exact(&user.created_at);
    let password =
        if *has_password { words::admin_user::has_password() } else { words::admin_user::no_password() };
    let username = user.profile.username.clone();
    let name = user.profile.display_name();
    let email = format!("{} · {}", user.email, proof(user));
    let open = if *sessions_go_on { words::admin_user::at_least(*sessions) } else { sessions.to_string() };
    let facts = view! {
        <dl class="facts">
            {fact(words::admin_user::email(), email)}
            {fact(words::admin_user::name(), name.unwrap_or_else(none))}
            {fact(words::admin_user::username(), username.unwrap_or_else(none))}
            {fact(words::admin_user::role(), role(user.role).to_owned())}
            {fact(words::admin_user::state(), state(user).to_owned())}
            {user.closes_at.as_ref().map(|at| fact(words::admin_user::closes(), words::exact(at)))}
            {disabled_reason.clone().map(|reason| fact(words::admin_user::reason(), reason))}
            {fact(words::admin_user::password(), password.to_owned())}
            {fact(words::admin_user::second_factors(), second_factors(second))}
            {fact(words::admin_user::sessions(), open)}
            {fact(words::admin_user::since(), created)}
            {fact(words::admin_user::changed(), words::exact(&user.updated_at))}
            {fact(words::admin_user::id(), user.id.to_string())}
        </dl>
    };
    let facts = facts.into_any();
    view! {
        <Card id="facts" title=words::admin_user::facts() purpose=words::admin_user::facts_purpose()>
            {facts}
        </Card>
    }
    .into_any()
}

/// What helps first, and what takes something away apart at the end.
fn acts(context: &DocumentContext, view: &AdminUserView) -> AnyView {
    let mail = |act| act != AdminAct::SendReset || context.settings.mail;
    let offered = |acts: &[AdminAct]| -> Vec<_> {
        let fitting = acts.iter().filter(|act| act.fits(view) && mail(**act));
        fitting.map(|act| offer(context, view, *act)).collect()
    };
    let helps = offered(&[
        AdminAct::EndSessions,
        AdminAct::Verify,
        AdminAct::SendReset,
        AdminAct::MakeReset,
        AdminAct::Enable,
        AdminAct::Promote,
    ]);
    let danger = if view.own {
        view! {
            <p>{words::admin_user::own()}</p>
            <p><a href="/account/leave">{words::admin_user::own_leave()}</a></p>
        }
        .into_any()
    } else {
        let acts = [AdminAct::ClearFactors, AdminAct::Demote, AdminAct::Disable, AdminAct::Delete];
        view! { <ul class="rows">{offered(&acts)}</ul> }.into_any()
    };
    view! {
        <Card id="acts" title=words::admin_user::acts() purpose=words::admin_user::acts_purpose()>
            <ul class="rows">{helps}</ul>
        </Card>
        <Card id="danger" title=words::admin_user::danger() purpose=words::admin_user::danger_purpose()>
            {danger}
        </Card>
    }
    .into_any()
}

/// An act with what it does: done at once, or asked for once more on a page of its own.
fn offer(context: &DocumentContext, view: &AdminUserView, act: AdminAct) -> AnyView {
    let button = if act.asking() == Asking::Once {
        let fields = view! { {hidden("form[user]", &view.user.id)} {hidden("form[act]", act.as_str())} };
        let plain = PlainForm::new(&context.viewer.id, "/fn/admin/act", act_label(act));
        let form = PlainForm { version: view.version.clone(), class: "button button-quiet", ..plain };
        form.show(fields.into_any())
    } else {
        let to = format!("/admin/users/{}/{}", view.user.id, act.as_str());
        let class = if act.locks_out() { "button button-danger" } else { "button button-quiet" };
        view! { <a class=class href=to data-dialog>{act_label(act)}</a> }.into_any()
    };
    view! {
        <li class="row">
            <div class="row-text">
                <p class="row-facts">{act_does(act)}</p>
            </div>
            {button}
        </li>
    }
    .into_any()
}
