use super::document::HeadTags;
use super::header::SiteHeader;
use super::layout::Footer;
use super::scripts::lean;
use super::session::Session;
use crate::settings::AppSettings;
use crate::ui::{Flash, PageContext, PageLoad};
use domain::{Timestamp, Viewer};
use leptos::nonce::Nonce;
use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;

/// What a document knows of the request that it answers.
pub struct DocumentContext {
    /// Where styles are.
    pub options: LeptosOptions,
    /// The owner's settings.
    pub settings: AppSettings,
    /// Who looks at the page.
    pub viewer: Viewer,
    /// A word for the viewer that does not reveal who it is.
    pub session: String,
    /// The message of the last form.
    pub flash: Flash,
    /// The page's own path.
    pub path: String,
    /// What follows it in the address.
    pub query: String,
    /// Of the page's scripts.
    pub nonce: Nonce,
    /// Now.
    pub now: Timestamp,
}

/// What differs from document to document.
pub(crate) struct DocumentLayout {
    pub(crate) title: String,
    pub(crate) lead: String,
    /// Of the column.
    pub(crate) class: &'static str,
    /// Beside the site's own.
    pub(crate) stylesheet: Option<&'static str>,
    /// Before those that each document has.
    pub(crate) first_scripts: &'static str,
    /// Behind them.
    pub(crate) scripts: &'static str,
    /// Links above the title.
    pub(crate) places: Option<AnyView>,
}

impl DocumentLayout {
    /// One column of cards, as members' pages are.
    pub(crate) fn new(title: impl Into<String>, lead: impl Into<String>) -> Self {
        let (title, lead) = (title.into(), lead.into());
        Self { title, lead, class: "column", stylesheet: None, first_scripts: "", scripts: "", places: None }
    }
}

/// The plain scripts that help; no page needs them.
const SCRIPTS: &str = concat!(
    include_str!("../scripts/menu.js"),
    include_str!("../scripts/tabs.js"),
    include_str!("../scripts/submit_once.js"),
);

/// A whole document for somebody who is signed in. The server alone draws it: no browser's build holds it, and nothing
/// is hydrated.
pub(crate) fn member_document(
    context: DocumentContext,
    layout: DocumentLayout,
    draw: impl FnOnce(&DocumentContext) -> AnyView + Send + 'static,
) -> String {
    Owner::new_root(None).with(|| {
        provide_context(RequestUrl::new(&context.path));
        provide_context(context.settings.clone());
        let (options, settings) = (context.options.clone(), context.settings.clone());
        let (session, nonce) = (context.session.clone(), context.nonce.clone());
        let title = words::site::title(&layout.title, &settings.name);
        let stylesheet = layout.stylesheet.map(|href| view! { <link rel="stylesheet" href=href/> });
        let scripts = [layout.first_scripts, SCRIPTS, layout.scripts].map(lean).join("\n");
        let draw: Draw = Box::new(draw);
        view! {
            <!DOCTYPE html>
            <html lang=words::language().code() data-session=session>
                <head>
                    <HeadTags options settings/>
                    {stylesheet}
                    <title>{title}</title>
                </head>
                <body>
                    <Router>
                        <Frame context layout draw/>
                    </Router>
                    <script
                        nonce=nonce
                        data-leave=words::script::leave()
                        data-signed-in-as=words::script::signed_in_as().join("{}")
                        data-signed-out=words::script::signed_out()
                        data-not-saved=words::script::not_saved()
                    >
                        {scripts}
                    </script>
                </body>
            </html>
        }
        .to_html()
    })
}

type Draw = Box<dyn FnOnce(&DocumentContext) -> AnyView + Send>;

/// What the program's pages have around them, too. A session can be made inside of the router alone.
#[component]
fn Frame(context: DocumentContext, layout: DocumentLayout, draw: Draw) -> impl IntoView {
    let account = Some(context.viewer.id.to_string());
    provide_context(PageContext {
        account: Signal::stored(account),
        follow: Callback::new(|_| ()),
        session_ended: Callback::new(|()| ()),
        password_min: context.settings.password_min,
        load: PageLoad::new(context.flash.clone(), false),
    });
    provide_context(Session::new(Some(context.viewer.clone())));
    let DocumentLayout { title, lead, class, places, .. } = layout;
    view! {
        <a class="skip-link" href="#main">{words::site::skip()}</a>
        <div class="session-notice" id="session-notice" role="status"></div>
        <SiteHeader hidden=Signal::stored(false)/>
        <main id="main" tabindex="-1">
            <div class=class>
                {places}
                <header class="column-head">
                    <h1 dir="auto">{title}</h1>
                    <p class="lead">{lead}</p>
                </header>
                {draw(&context)}
                <Footer/>
            </div>
        </main>
    }
}
