use crate::ui::{FormState, InputKind, TextField};
use domain::{CODE_LETTERS, EMAIL_MAX_BYTES};
use leptos::prelude::*;

/// What a mail brought: the token of its link, which `scripts/mail_link.js` puts here, or else its code and the address
/// that it went to, which a person types (`style/pages/mail.css` hides these two while there is a token).
#[component]
pub(crate) fn MailProof() -> impl IntoView {
    let token = FormState::from_context().kept("token").unwrap_or_default();
    view! {
        <input type="hidden" name="form[token]" value=token autocomplete="off"/>
        <div class="by-code">
            <p>{words::mail_proof::lead()}</p>
            <TextField
                name="email"
                label=words::mail_proof::email()
                kind=InputKind::Email
                autocomplete="username"
                required=true
                max=EMAIL_MAX_BYTES
            />
            <MailCodeField/>
        </div>
    }
}

/// The code of a mail.
#[component]
pub(crate) fn MailCodeField() -> impl IntoView {
    view! {
        <TextField
            name="code"
            label=words::mail_proof::code()
            note=words::mail_proof::code_note()
            kind=InputKind::Code
            autocomplete="one-time-code"
            required=true
            max=2 * CODE_LETTERS
        />
    }
}
