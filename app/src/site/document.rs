use super::layout::Footer;
use crate::settings::AppSettings;
use leptos::attr::custom::{CustomAttr, custom_attribute};
use leptos::prelude::*;
use leptos_meta::HashedStylesheet;

/// The canvas by day and by night, for tags and files that understand no custom properties; a test compares them with
/// `--canvas` in style/tokens.css.
pub const THEME: [&str; 2] = ["#f9f6f1", "#0c1118"];

/// A whole document that only the server renders. It has no script: there is nothing to hydrate.
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
            <html lang=words::language().code()>
                <head>
                    <HeadTags options settings=settings.clone()/>
                    <title>{words::site::title(title, &settings.name)}</title>
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

/// The `head` of every document.
#[component]
pub(crate) fn HeadTags(options: LeptosOptions, settings: AppSettings) -> impl IntoView {
    let AppSettings { name, base_url, .. } = settings;
    let description = words::site::description(&name);
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
