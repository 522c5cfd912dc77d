use super::api::Logout;
use crate::site::session::Session;
use crate::ui::{Form, PageContext, SubmitButton};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Whether signing out failed: then the menu is open to show why.
pub(crate) fn sign_out_failed() -> bool {
    let flash = PageContext::from_context().and_then(|page| page.load.flash_of(Logout::PATH));
    flash.is_some_and(|flash| flash.problem.is_some())
}

#[component]
pub(crate) fn SignOut() -> impl IntoView {
    let session = Session::from_context();
    view! {
        <Form check=|_: &Logout, _| Vec::new() on_done=move |()| session.sign_out() leaves=true>
            <SubmitButton label=words::logout::submit() busy=words::logout::busy() quiet=true/>
        </Form>
    }
}
