use super::api::{CancelEmailChange, ChangeEmail};
use crate::ui::{Form, InputKind, PasswordField, ReadOnlyField, SubmitButton, TextField, dynamic};
use domain::{EMAIL_MAX_BYTES, EmailView};
use leptos::prelude::*;

/// The account's address, the one that waits for its proof, and the form for another one.
#[component]
pub(crate) fn EmailSection(present: RwSignal<EmailView>) -> impl IntoView {
    let done = if present.with_untracked(|view| view.sends_mail) {
        words::email::sent()
    } else {
        words::email::done()
    };
    let address = dynamic(move || {
        let EmailView { email, verified, sends_mail, .. } = present.get();
        let proof = if verified { words::email::proven() } else { words::email::unproven() };
        view! {
            <ReadOnlyField label=words::email::present() value=email/>
            {sends_mail.then(|| view! { <p class="help">{proof}</p> }.into_any())}
        }
        .into_any()
    });
    view! {
        {address}
        <Waiting present/>
        <Form
            check=|call: &ChangeEmail, _| call.form.parse().err().unwrap_or_default()
            on_done=move |view| present.set(view)
            done
            clears=true
        >
            <TextField
                name="email"
                label=words::email::new()
                kind=InputKind::Email
                autocomplete="email"
                required=true
                max=EMAIL_MAX_BYTES
            />
            <PasswordField name="password" label=words::email::password()/>
            <SubmitButton label=words::email::submit() busy=words::email::busy()/>
        </Form>
    }
}

/// The address that the account gets once it is proven. The form stays on the page while it is sent, so it is only hidden.
#[component]
fn Waiting(present: RwSignal<EmailView>) -> impl IntoView {
    let [before, after] = words::email::waiting();
    let waiting = move || present.with(|view| view.waiting.clone());
    view! {
        <div class="unproven" hidden=move || waiting().is_none()>
            <p>{before} <bdi>{dynamic(waiting)}</bdi> {after}</p>
            <Form check=|_: &CancelEmailChange, _| Vec::new() on_done=move |view| present.set(view)>
                <SubmitButton label=words::email::cancel() busy=words::email::cancelling() quiet=true/>
            </Form>
        </div>
    }
}
