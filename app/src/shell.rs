use crate::ui::Footer;
use crate::{App, AppSettings, Start};
use leptos::attr::custom::{CustomAttr, custom_attribute};
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};
use std::sync::LazyLock;

/// The canvas by day and by night, for tags and files that understand no custom properties; a test holds them
/// against `--canvas` in style/tokens.css.
pub const THEME: [&str; 2] = ["#f9f6f1", "#0c1118"];

/// Whose page it is, in a word that tells nobody who: the document's scripts compare it with what is true later.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionState(pub(crate) String);

/// The document around the app. The nonce of each script comes from the request's context, where the
/// server's Content-Security-Policy takes it from, too.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let settings = use_context::<Start>().unwrap_or_default().settings;
    let SessionState(session) = use_context().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-session=session>
            <head>
                <HeadBasics options=options.clone() settings/>
                <AutoReload options=options.clone()/>
                <Program options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// A whole document of the server's alone. It has no script: there is nothing to hydrate.
pub(crate) fn plain_document<V: IntoView + 'static>(
    options: LeptosOptions,
    settings: &AppSettings,
    title: &str,
    content: impl FnOnce() -> V,
) -> String {
    Owner::new_root(None).with(|| {
        provide_context(settings.clone());
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <HeadBasics options settings=settings.clone()/>
                    <title>{format!("{title} · {}", settings.name)}</title>
                </head>
                <body>
                    <main id="main">
                        <div class="message">{content()} <Footer/></div>
                    </main>
                </body>
            </html>
        }
        .to_html()
    })
}

/// The plain scripts, each for itself; the last one, `broken.js`, must come last.
const SCRIPTS: &str = concat!(
    include_str!("scripts/program.js"),
    include_str!("scripts/password.js"),
    include_str!("scripts/menu.js"),
    include_str!("scripts/tabs.js"),
    include_str!("scripts/once.js"),
    include_str!("scripts/broken.js"),
);

/// The same without comments and indentation, which only we read.
fn lean_scripts() -> &'static str {
    static LEAN: LazyLock<String> = LazyLock::new(|| {
        let lines = SCRIPTS.lines().map(str::trim_start).filter(|line| !line.starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    });
    &LEAN
}

/// Loads the WebAssembly after the first paint and at low priority: every page works without it, and again
/// when it breaks.
///
/// Leptos' own tags wait in a template, where no browser looks for something to fetch; in the head they
/// would be fetched beside the stylesheet.
#[component]
fn Program(options: LeptosOptions) -> impl IntoView {
    view! {
        <template id="program">
            <HydrationScripts options defer=true/>
        </template>
        <script nonce=use_nonce()>{lean_scripts()}</script>
    }
}

/// What every document of ours says in its head.
#[component]
pub(crate) fn HeadBasics(options: LeptosOptions, settings: AppSettings) -> impl IntoView {
    let AppSettings { name, base_url, .. } = settings;
    let description = format!("Sign in to {name}.");
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
        <HashedStylesheet options id="leptos"/>
        <meta name="description" content=description.clone()/>
        <meta name="color-scheme" content="light dark"/>
        <meta name="theme-color" content=THEME[0] {..media("light")}/>
        <meta name="theme-color" content=THEME[1] {..media("dark")}/>
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" {..media("light")}/>
        <link rel="icon" type="image/svg+xml" href="/favicon-dark.svg" {..media("dark")}/>
        <link rel="apple-touch-icon" href="/apple-touch-icon.png"/>
        <link rel="manifest" href="/site.webmanifest"/>
        // What is shown where somebody shares a link.
        <meta content="website" {..property("og:type")}/>
        <meta content=name.clone() {..property("og:site_name")}/>
        <meta content=name.clone() {..property("og:title")}/>
        <meta content=description.clone() {..property("og:description")}/>
        <meta content=format!("{base_url}/social.png") {..property("og:image")}/>
    }
}

fn media(scheme: &str) -> CustomAttr<&'static str, String> {
    custom_attribute("media", format!("(prefers-color-scheme: {scheme})"))
}

fn property(name: &'static str) -> CustomAttr<&'static str, &'static str> {
    custom_attribute("property", name)
}
