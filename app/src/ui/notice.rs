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
pub fn Notice(
    tone: Tone,
    #[prop(into)] words: String,
    /// What helps, such as a link.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Error => ("notice", Warning().into_any()),
        Tone::Success => ("notice notice-success", Tick().into_any()),
    };
    view! {
        <p class=class>
            {icon}
            <span>{words} {children.map(|children| (" ", children()))}</span>
        </p>
    }
}
