use super::api::AcceptInvitation;
use crate::pages::register::NameField;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, MailProof, Session};
use crate::ui::{Form, PasswordField, SubmitButton};
use leptos::prelude::*;

/// Whoever was invited chooses a password, and a name where sign-up asks for one.
#[component]
pub fn InvitePage() -> impl IntoView {
    let session = Session::from_context();
    let asks_name = AppSettings::from_context().signup_fields.name;
    view! {
        <AuthLayout
            title=words::register::title()
            heading=words::register::heading()
            lead=words::invite::lead()
            alternative=|| {
                let [before, after] = words::register::known_here();
                view! { {before} <a href="/login">{words::register::login()}</a> {after} }
            }
        >
            <Form
                check=|call: &AcceptInvitation, min| call.form.parse(min).err().unwrap_or_default()
                on_done=move |viewer| session.sign_in(viewer)
                leaves=true
            >
                <MailProof/>
                {asks_name.then(|| view! { <NameField/> }.into_any())}
                <PasswordField name="password" label=words::register::password() new=true/>
                <SubmitButton label=words::register::submit() busy=words::register::busy()/>
            </Form>
        </AuthLayout>
    }
}
