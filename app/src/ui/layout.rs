use super::icon::{DoorScene, Mark};
use super::visit::Visit;
use crate::AppSettings;
use leptos::html::H1;
use leptos::prelude::*;
use leptos_meta::Title;

/// The page's one `h1`, which is the document's title, too. Words of ours only: Leptos does not escape
/// a title.
///
/// After client routing it takes the focus, as a newly loaded document would: so a screen reader says
/// where its user has arrived.
#[component]
pub fn Heading(
    /// The words.
    text: &'static str,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    let visit = use_context::<Visit>();
    Effect::new(move || {
        if let Some(heading) = heading.get().filter(|_| visit.is_some_and(Visit::arrive)) {
            _ = heading.focus();
        }
    });
    view! {
        <Title text=text/>
        <h1 node_ref=heading tabindex="-1">{text}</h1>
    }
}

/// The front of the house: one column, and from 64 rem the door beside it.
#[component]
pub fn Front(
    /// For a page with more to say than a form.
    #[prop(optional)]
    wide: bool,
    /// What stands beside the door.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="doorway">
            <div class="doorway-art">
                <DoorScene/>
            </div>
            <div class="doorway-side">
                <div class=if wide { "doorway-column wide" } else { "doorway-column" }>{children()}</div>
            </div>
        </div>
    }
}

/// Strangers' pages: a form, and the way to the other page.
#[component]
pub fn Doorway(
    /// The `h1`.
    heading: &'static str,
    /// One sentence under it.
    lead: &'static str,
    /// The form.
    children: Children,
    /// The way to the other page.
    #[prop(into)]
    other_way: ViewFnOnce,
) -> impl IntoView {
    let name = use_context::<AppSettings>().unwrap_or_default().name;
    view! {
        <Front>
            <a class="home" href="/" aria-label=name>
                <Mark/>
            </a>
            <Heading text=heading/>
            <p class="lead">{lead}</p>
            {children()}
            <p class="other-way">{other_way.run()}</p>
        </Front>
    }
}

/// Members' pages: one column of cards under the header.
#[component]
pub fn MemberPage(
    /// The `h1`.
    heading: &'static str,
    /// One sentence under it.
    lead: &'static str,
    /// Cards.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="column">
            <header class="column-head">
                <Heading text=heading/>
                <p class="lead">{lead}</p>
            </header>
            {children()}
        </div>
    }
}

/// One thing to do: its title, one line of purpose, the form.
#[component]
pub fn Card(
    /// The id that names the section.
    id: &'static str,
    /// The `h2`.
    title: &'static str,
    /// One line of purpose.
    purpose: &'static str,
    /// The form.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <div class="card-head">
                <h2 id=id>{title}</h2>
                <p>{purpose}</p>
            </div>
            <div class="card-body">{children()}</div>
        </section>
    }
}
