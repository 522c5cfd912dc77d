use super::api::VerifyEmail;
use crate::site::{AuthLayout, MailProof, Session};
use crate::ui::{Form, PageContext, PasswordField, SubmitButton};
use domain::Code;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Proves the address that a mail went to: to whoever is signed in as its account, or types its password.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let stranger = Session::from_context().viewer_untracked().is_none();
    let asks_password = stranger || is_of_another_account();
    let lead = if asks_password { words::verify::lead_stranger() } else { words::verify::lead() };
    view! {
        <AuthLayout
            title=words::verify::title()
            heading=words::verify::heading()
            lead
            alternative=|| view! { <NotMe/> }
        >
            <Form
                check=|call: &VerifyEmail, _| call.form.parse().err().unwrap_or_default()
                on_done=|()| ()
                leaves=true
            >
                <MailProof/>
                {asks_password.then(|| view! { <PasswordField name="password" label=words::verify::password()/> })}
                <SubmitButton label=words::verify::submit() busy=words::verify::busy()/>
            </Form>
        </AuthLayout>
    }
}

/// Whether the form came back because the mail went to another account than the one that is signed in.
fn is_of_another_account() -> bool {
    let flash = PageContext::flash_of(VerifyEmail::PATH);
    flash.and_then(|flash| flash.problem).is_some_and(|problem| problem.code == Code::Reauthenticate)
}

/// What to do about a mail that one did not ask for.
#[component]
fn NotMe() -> impl IntoView {
    let [before, after] = words::verify::not_me_help();
    view! {
        <details class="not-me">
            <summary>{words::verify::not_me()}</summary>
            <p>{before} <a href="/forgot">{words::verify::not_me_link()}</a> {after}</p>
        </details>
    }
}
