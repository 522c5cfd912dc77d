use super::api::ForgotPassword;
use crate::pages::login::prefill;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, SplitLayout};
use crate::ui::{Form, Heading, InputKind, Mark, SubmitButton, TextField};
use domain::EMAIL_MAX_BYTES;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Asks for a mail that leads to a new password.
#[component]
pub fn ForgotPage() -> impl IntoView {
    let settings = AppSettings::from_context();
    if settings.mail {
        view! { <Ask/> }.into_any()
    } else {
        view! { <NoMail support=settings.support_url/> }.into_any()
    }
}

#[component]
fn Ask() -> impl IntoView {
    let email = prefill(use_query_map().get_untracked().get("email").as_deref());
    view! {
        <AuthLayout
            title=words::forgot::title()
            heading=words::forgot::heading()
            lead=words::forgot::lead()
            alternative=|| {
                let [before, after] = words::forgot::have_code();
                let [known, then] = words::forgot::known();
                view! {
                    <p>{before} <a href="/reset">{words::forgot::enter_code()}</a> {after}</p>
                    <p>{known} <a href="/login">{words::forgot::login()}</a> {then}</p>
                }
            }
        >
            <Form
                check=|call: &ForgotPassword, _| call.form.parse().err().unwrap_or_default()
                on_done=|()| ()
                done=words::forgot::done()
            >
                <TextField
                    name="email"
                    label=words::forgot::email()
                    kind=InputKind::Email
                    autocomplete="username"
                    required=true
                    value=email
                    max=EMAIL_MAX_BYTES
                />
                <SubmitButton label=words::forgot::submit() busy=words::forgot::busy()/>
            </Form>
        </AuthLayout>
    }
}

/// Where mail is off there is somebody to ask.
#[component]
fn NoMail(#[prop(optional_no_strip)] support: Option<String>) -> impl IntoView {
    view! {
        <SplitLayout>
            <p class="home-link">
                <Mark/>
            </p>
            <Heading title=words::forgot::title()/>
            <p class="lead">{words::forgot::no_mail()}</p>
            <p class="actions">
                {support.map(|url| view! { <a class="button" href=url rel="external">{words::forgot::ask()}</a> }.into_any())}
                <a class="button button-quiet" href="/login">{words::forgot::login()}</a>
            </p>
        </SplitLayout>
    }
}
