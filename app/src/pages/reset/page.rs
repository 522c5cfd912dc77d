use super::api::ResetPassword;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, MailProof, Session};
use crate::ui::{Form, PasswordField, SubmitButton};
use leptos::prelude::*;

/// Choosing a new password.
#[component]
pub fn ResetPage() -> impl IntoView {
    let session = Session::from_context();
    let mail = AppSettings::from_context().mail;
    view! {
        <AuthLayout
            title=words::reset::title()
            heading=words::reset::heading()
            lead=words::reset::lead()
            alternative=move || {
                let link = if mail { "/forgot" } else { "/login" };
                let [before, after] = if mail { words::reset::expired() } else { words::forgot::known() };
                let label = if mail { words::reset::ask_again() } else { words::forgot::login() };
                view! { {before} <a href=link>{label}</a> {after} }
            }
        >
            <Form
                check=|call: &ResetPassword, min| call.form.parse(min).err().unwrap_or_default()
                on_done=move |()| session.sign_out()
                leaves=true
            >
                <MailProof/>
                <PasswordField name="new_password" label=words::reset::new() new=true/>
                <SubmitButton label=words::reset::submit() busy=words::reset::busy()/>
            </Form>
        </AuthLayout>
    }
}
