use crate::App;
use leptos::attr::custom::{CustomAttr, custom_attribute};
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

/// The document around the app. The nonce of each script comes from the request's context, where the
/// server's Content-Security-Policy takes it from, too.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <HeadBasics options=options.clone()/>
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
    title: String,
    content: impl FnOnce() -> V,
) -> String {
    Owner::new_root(None).with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <HeadBasics options/>
                    <title>{title}</title>
                </head>
                <body>
                    <main id="main">{content()}</main>
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
    include_str!("scripts/once.js"),
    include_str!("scripts/broken.js"),
);

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
        <script nonce=use_nonce()>{SCRIPTS}</script>
    }
}

/// What every document of ours says in its head.
#[component]
pub(crate) fn HeadBasics(options: LeptosOptions) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
        <HashedStylesheet options id="leptos"/>
        <meta name="description" content="Sign in, or create your account."/>
        <meta name="color-scheme" content="light dark"/>
        // The canvas of style/tokens.css; this tag understands no custom properties.
        <meta name="theme-color" content="#f9f6f1" {..media("light")}/>
        <meta name="theme-color" content="#0c1118" {..media("dark")}/>
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" {..media("light")}/>
        <link rel="icon" type="image/svg+xml" href="/favicon-dark.svg" {..media("dark")}/>
    }
}

fn media(scheme: &str) -> CustomAttr<&'static str, String> {
    custom_attribute("media", format!("(prefers-color-scheme: {scheme})"))
}
