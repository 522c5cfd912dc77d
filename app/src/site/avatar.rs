use super::initials::initials;
use leptos::prelude::*;

/// A picture made of a name's initials: large beside the name on a page, else small in the header.
pub(crate) fn avatar(name: &str, large: bool) -> AnyView {
    let class = if large { "avatar avatar-large" } else { "avatar" };
    view! { <span class=class aria-hidden="true">{initials(name)}</span> }.into_any()
}
