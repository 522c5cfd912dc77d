use super::icon::{DoorScene, Mark};
use super::visit::Visit;
use crate::AppSettings;
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
    let visit = use_context::<Visit>();
    Effect::new(move || {
        if let Some(heading) = heading.get().filter(|_| visit.is_some_and(Visit::arrive)) {
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
                <Footer/>
            </div>
        </div>
    }
}

/// Strangers' pages: a form, and the way to the other page.
#[component]
pub fn Doorway(
    /// The title before the site's name.
    title: &'static str,
    /// The `h1`: words, the site's name, words.
    heading: (&'static str, &'static str),
    /// One sentence under it; may be empty.
    lead: &'static str,
    /// The form.
    children: Children,
    /// The way to the other page.
    #[prop(into)]
    other_way: ViewFnOnce,
) -> impl IntoView {
    let settings = use_context::<AppSettings>().unwrap_or_default();
    let (before, after) = heading;
    let name = settings.name.clone();
    view! {
        <Front>
            <a class="home" href=settings.home().to_owned() rel=settings.home_rel() aria-label=settings.name.clone()>
                <Mark/>
            </a>
            <Heading title>{before} " " <bdi>{name}</bdi> {after}</Heading>
            {(!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> })}
            {children()}
            <p class="other-way">{other_way.run()}</p>
        </Front>
    }
}

/// Where to ask for help, and what holds: quiet, and only what the owner has set.
#[component]
pub fn Footer() -> impl IntoView {
    let AppSettings { support_url, terms_url, privacy_url, .. } = use_context().unwrap_or_default();
    let links = [("Help", support_url), ("Terms", terms_url), ("Privacy", privacy_url)];
    let shown: Vec<_> = links
        .into_iter()
        .filter_map(|(label, url)| url.map(|url| view! { <a href=url rel="external">{label}</a> }))
        .collect();
    (!shown.is_empty()).then(|| view! { <footer class="footer">{shown}</footer> })
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
                <Heading title=heading/>
                <p class="lead">{lead}</p>
            </header>
            {children()}
            <Footer/>
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
