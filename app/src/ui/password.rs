use super::field::{ErrorMessage, described_by, invalid};
use super::form::state::FormState;
use super::page_context::PageContext;
use leptos::prelude::*;

/// A password. It is never echoed: this field cannot be given a value. It has no `maxlength`: browsers silently cut
/// what is pasted to it, and nobody could sign in elsewhere.
///
/// `scripts/password.js` handles its switch and its Caps Lock warning, without WebAssembly.
#[component]
pub fn PasswordField(
    name: &'static str,
    label: &'static str,
    /// A new password comes with advice; a known one is only asked for.
    #[prop(optional)]
    new: bool,
) -> impl IntoView {
    let form = FormState::from_context();
    let error = form.error(name);
    view! {
        <div class="field">
            <div class="field-head">
                <label for=name>{label}</label>
                <span
                    class="field-note"
                    id=format!("{name}-caps")
                    aria-live="polite"
                    data-words=words::form::caps_lock()
                ></span>
            </div>
            <div class="password">
                <input
                    class="input"
                    id=name
                    name=format!("form[{name}]")
                    type="password"
                    autocomplete=if new { "new-password" } else { "current-password" }
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=form.takes_focus(name)
                    aria-invalid=invalid(error)
                    aria-describedby=described_by(name, error, [new.then_some("help"), None])
                />
                <button
                    type="button"
                    class="password-toggle"
                    aria-label=words::form::show_password()
                    data-other=words::form::hide_password()
                >
                    <span aria-hidden="true" data-other=words::form::hide()>
                        {words::form::show()}
                    </span>
                </button>
            </div>
            <ErrorMessage name error/>
            {new.then(|| view! { <Advice name/> })}
        </div>
    }
}

/// What makes a good password. It does not judge the one that is being typed: only the server knows what
/// attackers try first, and praise for what is refused afterwards would be worse than none.
#[component]
fn Advice(name: &'static str) -> impl IntoView {
    let min = PageContext::password_min();
    view! {
        <p class="help" id=format!("{name}-help")>
            {words::form::password_advice(min as u64)}
        </p>
    }
}
