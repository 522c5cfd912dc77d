use crate::settings::AppSettings;
use crate::ui::{DoorScene, Heading, Mark};
use leptos::prelude::*;

/// One column; from 64 rem on the picture of the door is beside it.
#[component]
pub fn SplitLayout(
    /// For a page with more to say than a form.
    #[prop(optional)]
    wide: bool,
    /// What is beside the picture.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="split">
            <div class="split-picture">
                <DoorScene/>
            </div>
            <div class="split-main">
                <div class=if wide { "split-column wide" } else { "split-column" }>{children()}</div>
                <Footer/>
            </div>
        </div>
    }
}

/// Pages for strangers: a form, and a link to the other such page.
#[component]
pub fn AuthLayout(
    /// The title before the site's name.
    title: &'static str,
    /// The `h1`, around the site's name.
    heading: [&'static str; 2],
    /// One sentence under it; may be empty.
    lead: &'static str,
    children: Children,
    /// The sentence with that link.
    #[prop(into)]
    alternative: ViewFnOnce,
) -> impl IntoView {
    let settings = AppSettings::from_context();
    let [before, after] = heading;
    let name = settings.name.clone();
    view! {
        <SplitLayout>
            <a class="home-link" href=settings.home().to_owned() rel=settings.home_rel() aria-label=settings.name.clone()>
                <Mark/>
            </a>
            <Heading title>{before} <bdi>{name}</bdi> {after}</Heading>
            {(!lead.is_empty()).then(|| view! { <p class="lead">{lead}</p> }.into_any())}
            {children()}
            <div class="alternative">{alternative.run()}</div>
        </SplitLayout>
    }
}

/// Links to help, terms and privacy, as far as the owner has set them.
#[component]
pub fn Footer() -> impl IntoView {
    let AppSettings { support_url, terms_url, privacy_url, .. } = AppSettings::from_context();
    let links = [
        (words::site::help(), support_url),
        (words::site::terms(), terms_url),
        (words::site::privacy(), privacy_url),
    ];
    let shown: Vec<_> = links
        .into_iter()
        .filter_map(|(label, url)| url.map(|url| view! { <a href=url rel="external">{label}</a> }.into_any()))
        .collect();
    (!shown.is_empty()).then(|| view! { <footer class="footer">{shown}</footer> }.into_any())
}

/// Members' pages: one column of cards under the header.
#[component]
pub fn MemberLayout(
    /// The `h1`.
    heading: &'static str,
    /// One sentence under it.
    lead: &'static str,
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
