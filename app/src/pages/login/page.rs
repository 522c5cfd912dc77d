use super::api::Login;
use super::state::prefill;
use crate::initial_state::Unsent;
use crate::settings::AppSettings;
use crate::site::{AuthLayout, ReturnPath, Session};
use crate::ui::{
    CheckboxField, Form, HiddenField, InputKind, Notice, PasswordField, SubmitButton, TextField, Tone,
};
use domain::EMAIL_MAX_BYTES;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

/// The sign-in page.
#[component]
pub fn LoginPage() -> impl IntoView {
    let session = Session::from_context();
    let query = use_query_map().get_untracked();
    let path = ReturnPath::new(&use_location().search.get_untracked());
    let register = path.link("/register", Url::escape);
    let open = AppSettings::from_context().signup_open;
    let lead = if path.next.is_empty() { "" } else { words::login::lead() };
    let unsent = use_context::<Unsent>().and_then(not_sent);
    let cookie_lost = query.get("cookie").as_deref() == Some("lost");
    view! {
        <AuthLayout
            title=words::login::title()
            heading=words::login::heading()
            lead
            alternative=move || {
                if open {
                    let [before, after] = words::login::new_here();
                    view! { {before} <a href=register>{words::login::register()}</a> {after} }.into_any()
                } else {
                    words::detail::signup_closed().into_any()
                }
            }
        >
            {unsent.map(|words| view! { <Notice tone=Tone::Error words/> })}
            {cookie_lost.then(|| view! { <Notice tone=Tone::Error words=words::login::cookie_lost()/> })}
            <Form
                check=|call: &Login, _| call.form.parse().err().unwrap_or_default()
                on_done=move |viewer| session.sign_in(viewer)
                leaves=true
            >
                <TextField
                    name="identifier"
                    label=words::login::identifier()
                    kind=InputKind::Login
                    autocomplete="username"
                    required=true
                    value=prefill(query.get("email").as_deref())
                    max=EMAIL_MAX_BYTES
                />
                <PasswordField name="password" label=words::login::password()/>
                <CheckboxField name="remember" label=words::login::remember()/>
                <HiddenField name="next" value=path.next/>
                <SubmitButton label=words::login::submit() busy=words::login::busy()/>
            </Form>
        </AuthLayout>
    }
}

/// Why the form that was sent last was not saved.
fn not_sent(unsent: Unsent) -> Option<&'static str> {
    match unsent {
        Unsent::Nothing => None,
        Unsent::Text => Some(words::login::unsent_text()),
        Unsent::Passwords => Some(words::login::unsent_passwords()),
        Unsent::Lost => Some(words::login::unsent_lost()),
    }
}
