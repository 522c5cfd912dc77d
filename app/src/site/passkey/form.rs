use crate::ui::{ErrorMessage, FormState, PlainForm};
use domain::PasskeyPurpose;
use leptos::prelude::*;

/// What a document takes that asks for a passkey, before all other scripts.
pub(crate) const PASSKEY_SCRIPT: &str = include_str!("../../scripts/passkey.js");

/// What the script writes and says. It finds it in the document, and does nothing where it is not there.
#[component]
pub(crate) fn PasskeyWords() -> impl IntoView {
    view! {
        <template
            id="passkey-words"
            data-sign-in=words::passkeys::sign_in()
            data-restore=words::passkeys::restore()
            data-not-allowed-error=words::passkeys::not_allowed()
            data-invalid-state-error=words::passkeys::already_here()
            data-not-supported-error=words::passkeys::not_supported()
            data-constraint-error=words::passkeys::not_supported()
            data-security-error=words::passkeys::not_here()
            data-type-error=words::passkeys::unreachable()
            data-failed=words::passkeys::failed()
        ></template>
    }
}

/// A plain form that the script sends, with what the browser answers. It is hidden until the script has come.
pub(crate) struct PasskeyForm {
    pub(crate) form: PlainForm,
    pub(crate) purpose: PasskeyPurpose,
    /// The field that takes the browser's answer.
    pub(crate) answer: &'static str,
    /// What else can be done where no script comes, or the browser knows no passkeys.
    pub(crate) otherwise: &'static str,
}

impl PasskeyForm {
    /// With these fields, and with other ways below.
    pub(crate) fn show(self, fields: impl FnOnce() -> AnyView + Send + 'static, others: AnyView) -> AnyView {
        let Self { form, purpose, answer, otherwise } = self;
        let form = PlainForm { passkey: Some(purpose), ..form };
        let all = move || {
            let error = FormState::from_context().error(answer);
            view! {
                {fields()}
                <input type="hidden" name=format!("form[{answer}]") data-answer="" autocomplete="off"/>
                <ErrorMessage name=answer error/>
            }
            .into_any()
        };
        let status = view! { <p class="help" role="status"></p> }.into_any();
        view! {
            <PasskeyWords/>
            <p class="help" data-no-passkey="">{otherwise}</p>
            {form.show_with_refusal(all, status)}
            {others}
        }
        .into_any()
    }
}
