use super::field::FieldError;
use super::form::FormState;
use super::strength::{Strength, strength};
use crate::AppSettings;
use domain::PASSWORD_MIN;
use leptos::html::Input;
use leptos::prelude::*;

/// A password. It is never echoed: there is no way to give this field a value. And it has no greatest
/// length: browsers cut what is pasted to it without a word, and nobody could sign in elsewhere.
#[component]
pub fn PasswordField(
    /// The domain's name of the field.
    name: &'static str,
    /// The label above it.
    label: &'static str,
    /// A new password is measured; a known one is only asked for.
    #[prop(optional)]
    new: bool,
    /// The gallery shows the switch without WebAssembly.
    #[prop(optional)]
    awake: bool,
) -> impl IntoView {
    let form = FormState::of_page();
    let error = form.error(name);
    let input = NodeRef::<Input>::new();
    let shown = RwSignal::new(false);
    // The button works by WebAssembly alone, so it appears with it, on a place kept free for it.
    let awake = RwSignal::new(awake);
    let level = RwSignal::new(Strength::Empty);
    let min = use_context::<AppSettings>().unwrap_or_default().password_min;
    let measure = move || {
        if let Some(input) = input.get_untracked().filter(|_| new) {
            level.set(strength(&input.value(), min));
        }
    };
    // A memo: the form's state changes at every keystroke, what it has done only when it has worked.
    let done = Memo::new(move |_| form.done());
    Effect::new(move || {
        // Runs once the WebAssembly is there, and again when a form that worked has emptied its fields.
        done.track();
        awake.set(true);
        shown.set(false);
        measure();
    });
    let describes = move || {
        let error = error.with(Option::is_some).then(|| format!("{name}-error"));
        let help = new.then(|| format!("{name}-help"));
        let ids: Vec<_> = error.into_iter().chain(help).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    };
    view! {
        <div class="field">
            <div class="field-head">
                <label for=name>{label}</label>
            </div>
            <div class="secret">
                <input
                    class="input"
                    node_ref=input
                    id=name
                    name=format!("form[{name}]")
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=if new { "new-password" } else { "current-password" }
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    autofocus=form.opens_on(name)
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=describes
                    on:input=move |_| measure()
                />
                <Reveal awake shown/>
            </div>
            <FieldError name error/>
            {new.then(|| view! { <Meter name level min/> })}
        </div>
    }
}

/// Shows and hides what was typed.
#[component]
fn Reveal(awake: RwSignal<bool>, shown: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="reveal"
            hidden=move || !awake.get()
            aria-label=move || if shown.get() { "Hide password" } else { "Show password" }
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            <span aria-hidden="true">{move || if shown.get() { "Hide" } else { "Show" }}</span>
        </button>
    }
}

/// How far a new password has come, and what would help.
#[component]
pub(crate) fn Meter(
    /// The password's field.
    name: &'static str,
    /// How far.
    level: RwSignal<Strength>,
    /// The fewest characters that the server takes.
    #[prop(default = PASSWORD_MIN)]
    min: usize,
) -> impl IntoView {
    view! {
        <div class="strength" data-quarters=move || level.get().quarters().to_string()>
            <span class="strength-bar" aria-hidden="true"></span>
            <p class="help" id=format!("{name}-help") aria-live="polite">{move || level.get().advice(min)}</p>
        </div>
    }
}
