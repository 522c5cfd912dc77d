use super::api::ChangePassword;
use crate::pages::account::load_profile;
use crate::site::MemberLayout;
use crate::ui::{Card, Fetch, Form, PasswordField, SubmitButton};
use domain::ProfileView;
use leptos::prelude::*;

/// Changing the password.
#[component]
pub fn SecurityPage() -> impl IntoView {
    view! {
        <MemberLayout heading="Your password" lead="Use a password you don't use anywhere else.">
            <Card
                id="password"
                title="Change your password"
                purpose="You'll be signed out everywhere else."
            >
                <Fetch from=load_profile let:view>
                    <Password view/>
                </Fetch>
            </Card>
        </MemberLayout>
    }
}

#[component]
fn Password(view: ProfileView) -> impl IntoView {
    let version = RwSignal::new(view.password_version);
    view! {
        <Form
            check=|call: &ChangePassword, min| call.form.parse(min).err().unwrap_or_default()
            on_done=move |changed| version.set(changed)
            done="Password changed. You've been signed out everywhere else."
            clears=true
            version
        >
            // For password managers: whose password this is. Without a name, so it is not posted.
            <input
                class="visually-hidden"
                type="text"
                autocomplete="username"
                value=view.email
                readonly
                tabindex="-1"
                aria-hidden="true"
            />
            <PasswordField name="current_password" label="Current password"/>
            <PasswordField name="new_password" label="New password" new=true/>
            <SubmitButton label="Change password" busy="Changing password…"/>
        </Form>
    }
}
