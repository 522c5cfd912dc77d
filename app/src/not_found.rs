use crate::ui::{Heading, Mark};
use leptos::prelude::*;

/// Where there is no page.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    view! {
        <div class="message">
            <Mark/>
            <Heading text="There is no page here"/>
            <p class="lead">"The address may be mistyped, or the page has moved. Nothing was lost."</p>
            <p><a class="button button-quiet" href="/">"Go to the front page"</a></p>
        </div>
    }
}
