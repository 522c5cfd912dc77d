use super::api::VerifyEmail;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, MailProof, Session};
use crate::ui::{Form, PageContext, PasswordField, SubmitButton};
use domain::Code;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Proves the address that a mail went to: to whoever is signed in as its account, or types its password.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let session = Session::from_context();
    let asks_password = session.viewer_untracked().is_none() || is_of_another_account();
    let by_mail = AppSettings::from_context().signup_by_mail;
    let lead = match (asks_password, by_mail) {
        (false, _) => words::verify::lead(),
        (true, false) => words::verify::lead_stranger(),
        (true, true) => words::verify::lead_sign_up(),
    };
    view! {
        <AuthLayout
            title=words::verify::title()
            heading=words::verify::heading()
            lead
            alternative=|| view! { <NotMe/> }
        >
            <Form
                check=|call: &VerifyEmail, _| call.form.parse().err().unwrap_or_default()
                on_done=move |viewer| {
                    if let Some(viewer) = viewer {
                        session.sign_in(viewer);
                    }
                }
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
    let problem = flash.and_then(|flash| flash.problem);
    problem.is_some_and(|problem| problem.code == Code::Reauthenticate || problem.field("password").is_some())
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
