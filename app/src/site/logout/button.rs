use super::api::Logout;
use crate::session::Session;
use crate::ui::{Form, SubmitButton, Visit};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Whether the page came to say that signing out did not work: then the menu stands open.
pub(crate) fn sign_out_failed() -> bool {
    let flash = use_context::<Visit>().and_then(|visit| visit.flash_of(Logout::PATH));
    flash.is_some_and(|flash| flash.problem.is_some())
}

/// The menu's way out.
#[component]
pub(crate) fn SignOut() -> impl IntoView {
    let session = Session::of_page();
    view! {
        <Form check=|_: &Logout, _| Vec::new() on_done=move |()| session.leave() leaves=true>
            <SubmitButton label="Sign out" busy="Signing out…" quiet=true/>
        </Form>
    }
}
