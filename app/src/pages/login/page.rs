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

/// The page that a person sees most.
#[component]
pub fn LoginPage() -> impl IntoView {
    let session = Session::from_context();
    let query = use_query_map().get_untracked();
    let path = ReturnPath::new(&use_location().search.get_untracked());
    let register = path.link("/register", Url::escape);
    let open = use_context::<AppSettings>().unwrap_or_default().signup_open;
    let lead = if path.next.is_empty() { "" } else { "Sign in to continue." };
    let unsent = use_context::<Unsent>().and_then(words);
    let cookie_lost = query.get("cookie").as_deref() == Some("lost");
    view! {
        <AuthLayout
            title="Sign in"
            heading=("Sign in to", "")
            lead
            alternative=move || {
                if open {
                    view! { "New here? " <a href=register>"Create an account"</a> }.into_any()
                } else {
                    words::detail::signup_closed().into_any()
                }
            }
        >
            {unsent.map(|words| view! { <Notice tone=Tone::Error words/> })}
            {cookie_lost.then(|| view! { <Notice tone=Tone::Error words=COOKIE_LOST/> })}
            <Form
                check=|call: &Login, _| call.form.parse().err().unwrap_or_default()
                on_done=move |viewer| session.sign_in(viewer)
                leaves=true
            >
                <TextField
                    name="identifier"
                    label="Email or username"
                    kind=InputKind::Login
                    autocomplete="username"
                    required=true
                    value=prefill(query.get("email").as_deref())
                    max=EMAIL_MAX_BYTES
                />
                <PasswordField name="password" label="Password"/>
                <CheckboxField name="remember" label="Keep me signed in"/>
                <HiddenField name="next" value=path.next/>
                <SubmitButton label="Sign in" busy="Signing in…"/>
            </Form>
        </AuthLayout>
    }
}

/// Why the form that was sent last was not saved.
fn words(unsent: Unsent) -> Option<&'static str> {
    match unsent {
        Unsent::Nothing => None,
        Unsent::Text => {
            Some("You were signed out before your changes were saved. Sign in again to get them back.")
        }
        Unsent::Passwords => {
            Some("You were signed out before your password was changed. Sign in and try again.")
        }
        Unsent::Lost => Some(
            "You were signed out before your changes were saved, and they could not be kept. Sign in, then make them again.",
        ),
    }
}

const COOKIE_LOST: &str =
    "Your browser blocked the sign-in cookie. Allow cookies for this site, then sign in again.";
