use super::icon::{Tick, Warning};
use leptos::prelude::*;

/// Whether a notice reports a failure or a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Error,
    Success,
}

/// A sentence in a frame.
#[component]
pub fn Notice(tone: Tone, #[prop(into)] words: String) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Error => ("notice", Warning().into_any()),
        Tone::Success => ("notice notice-success", Tick().into_any()),
    };
    view! {
        <p class=class>
            {icon}
            <span>{words}</span>
        </p>
    }
}
