use super::api::Confirm;
use crate::site::{MemberLayout, ReturnPath, Session};
use crate::ui::{Card, Form, HiddenField, PasswordField, SubmitButton};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The step-up page.
#[component]
pub fn ConfirmPage() -> impl IntoView {
    let path = ReturnPath::new(&use_location().search.get_untracked());
    let email = Session::from_context().viewer_untracked().map(|viewer| viewer.email).unwrap_or_default();
    view! {
        <MemberLayout heading=words::confirm::title() lead=words::confirm::lead()>
            <Card id="confirm" title=words::confirm::password() purpose=words::confirm::purpose()>
                // What was typed before comes back with a document alone.
                <Form
                    check=|call: &Confirm, _| call.form.parse().err().unwrap_or_default()
                    on_done=|()| ()
                    leaves=true
                    by_document=true
                >
                    // For password managers: whose password this is. Without a name, so it is not posted.
                    <input
                        class="visually-hidden"
                        type="text"
                        autocomplete="username"
                        value=email
                        readonly
                        tabindex="-1"
                        aria-hidden="true"
                    />
                    <PasswordField name="current_password" label=words::confirm::password()/>
                    <HiddenField name="next" value=path.next/>
                    <SubmitButton label=words::confirm::submit() busy=words::confirm::busy()/>
                </Form>
            </Card>
        </MemberLayout>
    }
}
