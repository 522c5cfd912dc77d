use super::api::AcceptInvitation;
use crate::site::{AuthLayout, MailProof, Session};
use crate::ui::{Form, PasswordField, SubmitButton, TextField};
use domain::NAME_MAX;
use leptos::prelude::*;

/// Whoever was invited chooses a name and a password.
#[component]
pub fn InvitePage() -> impl IntoView {
    let session = Session::from_context();
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
                <TextField name="name" label=words::register::name() note=words::register::optional() autocomplete="name" max=NAME_MAX/>
                <PasswordField name="password" label=words::register::password() new=true/>
                <SubmitButton label=words::register::submit() busy=words::register::busy()/>
            </Form>
        </AuthLayout>
    }
}
