use super::form::FormState;
use super::icon::{Tick, Warning};
use leptos::prelude::*;

/// Whether a notice reports a loss or a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It did not work.
    Bad,
    /// It worked.
    Good,
}

/// A sentence in a frame.
#[component]
pub fn Notice(
    /// How it is meant.
    tone: Tone,
    /// The words.
    #[prop(into)]
    words: String,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Bad => ("notice", Warning().into_any()),
        Tone::Good => ("notice notice-good", Tick().into_any()),
    };
    view! {
        <p class=class>
            {icon}
            <span>{words}</span>
        </p>
    }
}

/// What the form says as a whole. Both regions are there from the start, since a live region that
/// appears together with its words is not read out everywhere.
#[component]
pub(crate) fn FormNotices() -> impl IntoView {
    let form = FormState::of_page();
    let starts_with_alarm = form.alarm_now().is_some();
    view! {
        <div class="notices" role="alert" tabindex="-1" autofocus=starts_with_alarm>
            {move || form.alarm().map(|words| view! { <Notice tone=Tone::Bad words/> })}
        </div>
        <div class="notices" role="status">
            {move || form.done().map(|words| view! { <Notice tone=Tone::Good words/> })}
        </div>
    }
}
