use super::api::{DeleteAccount, LeaveText, load_leave};
use crate::site::{MemberLayout, Session};
use crate::ui::{Card, Fetch, Form, InputKind, SubmitButton, TextField, written};
use domain::EMAIL_MAX_BYTES;
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
fn Leave(view: LeaveText) -> impl IntoView {
    let session = Session::from_context();
    session.confirm_cookie();
    let LeaveText { data, grace, at_once, version } = view;
    let version = RwSignal::new(version);
    view! {
        {written(data)}
        <Card id="delete-account" title=words::leave::delete_title() purpose=words::leave::delete_purpose()>
            <p>{grace}</p>
            <Form
                check=|_: &DeleteAccount, _| Vec::new()
                on_done=move |()| session.sign_out()
                leaves=true
                version
            >
                {at_once.then(|| view! {
                    <TextField
                        name="email"
                        label=words::leave::typed()
                        kind=InputKind::Email
                        autocomplete="off"
                        required=true
                        max=EMAIL_MAX_BYTES
                    />
                }.into_any())}
                <SubmitButton label=words::leave::delete() busy=words::leave::deleting() danger=true/>
            </Form>
        </Card>
    }
}
