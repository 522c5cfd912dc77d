use super::api::Logout;
use crate::session::Session;
use crate::ui::{Form, SubmitButton};
use leptos::prelude::*;

/// The header's way out.
#[component]
pub(crate) fn SignOut() -> impl IntoView {
    let session = Session::of_page();
    view! {
        <Form check=|_: &Logout, _| Vec::new() on_done=move |()| session.leave() leaves=true>
            <SubmitButton label="Sign out" busy="Signing out…" quiet=true/>
        </Form>
    }
}
