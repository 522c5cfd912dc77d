use leptos::prelude::*;

/// The mark: a door ajar, and the step under it. Its colours come from `style/mark.css`.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
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

/// Beside words that refuse: the state is never told by colour alone.
#[component]
pub(crate) fn Warning() -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 16 16"
            width="16"
            height="16"
            aria-hidden="true"
            focusable="false"
            inner_html=r#"<path d="M8 1.5 15 14H1z"/><path d="M8 6v4m0 1.6v.4"/>"#
        ></svg>
    }
}
