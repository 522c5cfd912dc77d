use super::api::ChangePassword;
use crate::session::Session;
use crate::ui::{Card, Form, MemberPage, PasswordField, SubmitButton};
use leptos::prelude::*;

/// Changing the password.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let session = Session::of_page();
    let account = move || session.viewer().map(|viewer| viewer.email);
    view! {
        <MemberPage heading="Your password" lead="Use a password you don't use anywhere else.">
            <Card
                id="password"
                title="Change your password"
                purpose="You'll be signed out everywhere else."
            >
                <Form
                    check=|call: &ChangePassword, min| call.form.parse(min).err().unwrap_or_default()
                    on_done=|()| ()
                    done="Password changed. You've been signed out everywhere else."
                    clears=true
                >
                    // For password managers: whose password this is. Without a name, so it is not posted.
                    <input
                        class="unseen"
                        type="text"
                        autocomplete="username"
                        value=account
                        readonly
                        tabindex="-1"
                        aria-hidden="true"
                    />
                    <PasswordField name="current_password" label="Current password"/>
                    <PasswordField name="new_password" label="New password" new=true/>
                    <SubmitButton label="Change password" busy="Changing password…"/>
                </Form>
            </Card>
        </MemberPage>
    }
}
