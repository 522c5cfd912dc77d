use super::dom::effect;
use super::page_context::PageContext;
use leptos::html::H1;
use leptos::prelude::*;
use leptos_meta::Title;

/// The page's one `h1`, and the document's title. Words of ours only: Leptos does not escape a title.
///
/// After client routing it takes the focus, as a newly loaded document would: so a screen reader says
/// where its user has arrived.
#[component]
pub fn Heading(
    /// The title before the site's name; empty: the name alone.
    title: &'static str,
    /// What the `h1` says, where it says more than the title.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    let page = PageContext::from_context();
    effect(move || {
        if let Some(heading) = heading.get().filter(|_| page.is_some_and(|page| page.load.arrive())) {
            _ = heading.focus();
        }
    });
    view! {
        <Title text=title/>
        <h1 node_ref=heading tabindex="-1">
            {children.map_or_else(|| title.into_any(), |children| children().into_any())}
        </h1>
    }
}
