use super::api::Register;
use crate::login::Way;
use crate::session::Session;
use crate::ui::{Doorway, Form, HiddenField, Kind, PasswordField, SubmitButton, TextField};
use domain::{EMAIL_MAX_BYTES, NAME_MAX};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Url;

/// Sign-up.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let session = Session::of_page();
    let way = Way::new(&use_location().search.get_untracked());
    let login = way.over("/login", Url::escape);
    view! {
        <Doorway
            heading="Create your account"
            lead="An address and a password, and you are in."
            other_way=move || view! { "Already have an account? " <a href=login>"Sign in"</a> }
        >
            <Form
                check=|call: &Register, min| call.form.parse(min).err().unwrap_or_default()
                on_done=move |viewer| session.enter(viewer)
                leaves=true
            >
                <TextField name="name" label="Name" note="Optional" autocomplete="name" max=NAME_MAX/>
                <TextField
                    name="email"
                    label="E-mail"
                    kind=Kind::Email
                    autocomplete="username"
                    required=true
                    max=EMAIL_MAX_BYTES
                />
                <PasswordField name="password" label="Password" new=true/>
                <HiddenField name="next" value=way.next/>
                <SubmitButton label="Create account" busy="Creating account…"/>
            </Form>
        </Doorway>
    }
}
