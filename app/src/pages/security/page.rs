use super::api::{ChangePassword, load_email, load_sessions};
use super::email::EmailSection;
use crate::pages::account::load_profile;
use crate::site::MemberLayout;
use crate::ui::{Card, Fetch, Form, PasswordField, SubmitButton, written};
use domain::ProfileView;
use leptos::prelude::*;

/// Changing the password and the address, and ending sessions.
#[component]
pub fn SecurityPage() -> impl IntoView {
    view! {
        <MemberLayout heading=words::security::heading() lead=words::security::lead()>
            <Card
                id="your-password"
                title=words::security::title()
                purpose=words::security::purpose()
            >
                <Fetch from=load_profile let:view>
                    <Password view/>
                </Fetch>
            </Card>
            <Card id="your-email" title=words::email::title() purpose=words::email::purpose()>
                <Fetch from=load_email let:view>
                    <EmailSection present=RwSignal::new(view)/>
                </Fetch>
            </Card>
            <Fetch from=load_sessions let:devices>{written(devices)}</Fetch>
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
            done=words::security::done()
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
            <PasswordField name="current_password" label=words::security::current()/>
            <PasswordField name="new_password" label=words::security::new() new=true/>
            <SubmitButton label=words::security::submit() busy=words::security::busy()/>
        </Form>
    }
}
