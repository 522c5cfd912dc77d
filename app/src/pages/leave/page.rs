use super::api::{DeleteAccount, load_leave};
use crate::site::{MemberLayout, Session};
use crate::ui::{Card, Fetch, Form, SubmitButton};
use domain::{KeptView, LeaveView};
use leptos::prelude::*;

/// The export and the deletion.
#[component]
pub fn LeavePage() -> impl IntoView {
    view! {
        <MemberLayout heading=words::leave::title() lead=words::leave::lead()>
            <Fetch from=load_leave let:view>
                <Leave view/>
            </Fetch>
        </MemberLayout>
    }
}

#[component]
fn Leave(view: LeaveView) -> impl IntoView {
    let session = Session::from_context();
    session.confirm_cookie();
    let LeaveView { grace_days, kept, version } = view;
    let version = RwSignal::new(version);
    let grace = match grace_days {
        0 => words::leave::no_grace().to_owned(),
        days => words::leave::grace(&words::wait::days(days.into())),
    };
    view! {
        <Card id="your-data" title=words::leave::export_title() purpose=words::leave::export_purpose()>
            // A file and no page: the router must not follow the link.
            <p>
                <a class="button button-quiet" href="/account/export" rel="external">
                    {words::leave::export()}
                </a>
            </p>
            <Kept kept/>
        </Card>
        <Card id="delete-account" title=words::leave::delete_title() purpose=words::leave::delete_purpose()>
            <p>{grace}</p>
            <Form
                check=|_: &DeleteAccount, _| Vec::new()
                on_done=move |()| session.sign_out()
                leaves=true
                version
            >
                <SubmitButton label=words::leave::delete() busy=words::leave::deleting() danger=true/>
            </Form>
        </Card>
    }
}

/// The retention table, as far as it is about persons.
#[component]
fn Kept(kept: Vec<KeptView>) -> impl IntoView {
    let rows = kept.into_iter().map(|KeptView { what, until, why }| {
        view! {
            <dt>{what}</dt>
            <dd>{until}". "{why}</dd>
        }
    });
    view! {
        <details class="kept-list">
            <summary>{words::leave::kept()}</summary>
            <dl>{rows.collect_view()}</dl>
        </details>
    }
}
