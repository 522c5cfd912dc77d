use super::api::Disown;
use crate::site::{AuthLayout, MailProof};
use crate::ui::{Form, SubmitButton};
use leptos::prelude::*;

/// One button: whoever got the notice takes the account back, and goes on to choosing a new password.
#[component]
pub fn NotMePage() -> impl IntoView {
    view! {
        <AuthLayout
            title=words::not_me::title()
            heading=words::not_me::heading()
            lead=words::not_me::lead()
            alternative=|| {
                let [before, after] = words::reset::expired();
                view! {
                    <p>{words::not_me::was_you()}</p>
                    <p>{before} <a href="/forgot">{words::login::reset()}</a> {after}</p>
                }
            }
        >
            <Form
                check=|call: &Disown, _| call.form.parse().err().unwrap_or_default()
                // As the link of a mail does: the token stays out of what is sent when the page is loaded.
                on_done=|token: String| _ = window().location().assign(&["/reset#", &token].concat())
                leaves=true
            >
                <MailProof/>
                <SubmitButton label=words::not_me::submit() busy=words::not_me::busy()/>
            </Form>
        </AuthLayout>
    }
}
