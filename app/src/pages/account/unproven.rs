use crate::pages::verify::ResendVerification;
use crate::ui::{Form, HiddenField, SubmitButton};
use leptos::prelude::*;

/// Until the address is proven.
#[component]
pub(crate) fn Unproven(email: String) -> impl IntoView {
    let [before, after] = words::profile::unproven();
    view! {
        <div class="unproven">
            <p>{before} <bdi>{email.clone()}</bdi> {after}</p>
            <Form check=|_: &ResendVerification, _| Vec::new() on_done=|()| () done=words::profile::resent()>
                <HiddenField name="email" value=email/>
                <SubmitButton label=words::profile::resend() busy=words::profile::resending() quiet=true/>
            </Form>
        </div>
    }
}
