use super::Way;
use super::api::Login;
use crate::session::Session;
use crate::ui::{
    CheckboxField, Doorway, Form, HiddenField, Kind, Notice, PasswordField, SubmitButton, TextField, Tone,
    Visit,
};
use domain::EMAIL_MAX_BYTES;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

/// The page that a person sees most.
#[component]
pub fn LoginPage() -> impl IntoView {
    let session = Session::of_page();
    let query = use_query_map().get_untracked();
    let way = Way::new(&use_location().search.get_untracked());
    let register = way.over("/register", Url::escape);
    let unsent = use_context::<Visit>().is_some_and(Visit::unsent);
    let cookie_lost = query.get("cookie").as_deref() == Some("lost");
    view! {
        <Doorway
            heading="Welcome back"
            lead="Sign in to reach your account."
            other_way=move || view! { "New here? " <a href=register>"Create an account"</a> }
        >
            {unsent.then(|| view! { <Notice tone=Tone::Bad words=UNSENT/> })}
            {cookie_lost.then(|| view! { <Notice tone=Tone::Bad words=COOKIE_LOST/> })}
            <Form
                check=|call: &Login, _| call.form.parse().err().unwrap_or_default()
                on_done=move |viewer| session.enter(viewer)
                leaves=true
            >
                <TextField
                    name="identifier"
                    label="E-mail or username"
                    kind=Kind::Login
                    autocomplete="username"
                    required=true
                    max=EMAIL_MAX_BYTES
                />
                <PasswordField name="password" label="Password"/>
                <CheckboxField name="remember" label="Keep me signed in"/>
                <HiddenField name="next" value=way.next/>
                <SubmitButton label="Sign in" busy="Signing in…"/>
            </Form>
        </Doorway>
    }
}

const UNSENT: &str =
    "Your session had ended, so nothing was saved yet. Sign in, and you will find what you typed.";

const COOKIE_LOST: &str =
    "Your browser did not keep the sign-in cookie. Please allow cookies for this site, then sign in again.";
