use crate::settings::AppSettings;
use leptos::prelude::*;

/// The owner's logo, or the mark: a door ajar, and the step under it. Its colours come from `style/mark.css`.
#[component]
pub fn Mark() -> impl IntoView {
    match use_context::<AppSettings>().and_then(|settings| settings.logo) {
        Some([width, height]) => {
            view! { <img class="mark" src="/logo" width=width height=height alt=""/> }.into_any()
        }
        None => view! {
            <svg
                class="mark"
                viewBox="0 0 40 40"
                width="40"
                height="40"
                aria-hidden="true"
                focusable="false"
                inner_html=include_str!("mark.svg")
            ></svg>
        }
        .into_any(),
    }
}

/// The door, drawn large, for wide screens.
#[component]
pub fn DoorScene() -> impl IntoView {
    view! {
        <svg
            class="scene"
            viewBox="0 0 720 900"
            preserveAspectRatio="xMidYMax slice"
            aria-hidden="true"
            focusable="false"
            inner_html=include_str!("door.svg")
        ></svg>
    }
}

/// Beside an error: colour alone never shows a state.
#[component]
pub(crate) fn Warning() -> impl IntoView {
    sign(r#"<path d="M8 1.75 15 14H1zM8 6.5v3.25m0 2v.25"/>"#)
}

/// Beside a message of success.
#[component]
pub(crate) fn Tick() -> impl IntoView {
    sign(r#"<circle cx="8" cy="8" r="7"/><path d="m4.75 8.25 2.25 2.25 4.25-5"/>"#)
}

fn sign(paths: &'static str) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 16 16"
            width="16"
            height="16"
            aria-hidden="true"
            focusable="false"
            inner_html=paths
        ></svg>
    }
}
