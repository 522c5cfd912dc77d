use super::dynamic::dynamic;
use super::form::state::{FormState, Progress};
use leptos::prelude::*;

/// The form's one button. It names the action, and says that it is under way once that takes longer than a blink. Both
/// texts are always measured (`style/button.css`), so its size never changes.
///
/// `aria-disabled`, never `disabled`: a disabled button loses the focus.
#[component]
pub fn SubmitButton(
    /// The action, such as "Sign in".
    label: &'static str,
    /// The action under way, such as "Signing in…".
    busy: &'static str,
    /// Looks quiet: it is not the page's main action.
    #[prop(optional)]
    quiet: bool,
    /// Outlined as what loses something.
    #[prop(optional)]
    danger: bool,
) -> impl IntoView {
    let form = FormState::from_context();
    let working = move || (form.progress() != Progress::Idle).then_some("true");
    let text = move || if form.progress() == Progress::Slow { busy } else { label };
    view! {
        <button
            type="submit"
            class=match (quiet, danger) {
                (_, true) => "button button-danger",
                (true, false) => "button button-quiet",
                (false, false) => "button",
            }
            data-label=label
            data-busy=busy
            data-slow=move || (form.progress() == Progress::Slow).then_some("")
            aria-disabled=working
            aria-busy=working
        >
            <span>{dynamic(text)}</span>
        </button>
    }
}
