use super::icon::row_icon;
use crate::rows::Row;
use leptos::prelude::*;

/// A row of a list, and beside it what can be done with it.
#[component]
pub fn RowItem(row: Row, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let Row { icon, title, place, ago, exact, at, current, .. } = row;
    let place = (!place.is_empty()).then(|| view! { <bdi>{place}</bdi> " · " }.into_any());
    view! {
        <li class="row">
            {row_icon(icon)}
            <div class="row-text">
                <p class="row-title">
                    <bdi>{title}</bdi>
                    {current.then(|| view! { " " <span class="badge">{words::sessions::current()}</span> }.into_any())}
                </p>
                <p class="row-facts">{place} <time datetime=at title=exact>{ago}</time></p>
            </div>
            {children.map(|children| children())}
        </li>
    }
    .into_any()
}
