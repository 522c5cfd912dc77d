use leptos::prelude::*;

/// Markup that the server wrote, where only links and plain forms are in it: lists cost the browser's build no code.
pub(crate) fn written(markup: String) -> AnyView {
    view! { <div class="written" inner_html=markup></div> }.into_any()
}
