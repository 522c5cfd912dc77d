use crate::settings::AppSettings;
use crate::site::{Footer, HeadTags, Session, SiteHeader, lean};
use crate::ui::{Flash, PageContext, PageLoad};
use domain::{Timestamp, Viewer};
use leptos::nonce::Nonce;
use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::location::RequestUrl;

/// Around every page of admins.
pub struct AdminSite {
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
    /// Of the page's scripts.
    pub nonce: Nonce,
    /// Now.
    pub now: Timestamp,
}

/// What is said at the top of a page.
pub(super) struct Head {
    title: String,
    lead: String,
}

impl Head {
    pub(super) fn new(title: impl Into<String>, lead: impl Into<String>) -> Self {
        Self { title: title.into(), lead: lead.into() }
    }
}

/// The plain scripts that help; no page needs them.
const SCRIPTS: &str = concat!(
    include_str!("../../scripts/menu.js"),
    include_str!("../../scripts/tabs.js"),
    include_str!("../../scripts/submit_once.js"),
    include_str!("../../scripts/search.js"),
    include_str!("../../scripts/dialog.js"),
);

/// The whole document.
pub(super) fn document(site: AdminSite, head: Head, content: impl FnOnce(&AdminSite) -> AnyView) -> String {
    Owner::new_root(None).with(|| {
        provide_context(RequestUrl::new(&site.path));
        provide_context(site.settings.clone());
        let content = content(&site);
        let AdminSite { options, settings, viewer, session, flash, path, nonce, .. } = site;
        let name = settings.name.clone();
        view! {
            <!DOCTYPE html>
            <html lang=words::language().code() data-session=session>
                <head>
                    <HeadTags options settings/>
                    <link rel="stylesheet" href="/admin/style.css"/>
                    <title>{words::site::title(&head.title, &name)}</title>
                </head>
                <body>
                    <Router>
                        <Frame viewer flash path head content/>
                    </Router>
                    <script
                        nonce=nonce
                        data-leave=words::script::leave()
                        data-signed-in-as=words::script::signed_in_as().join("{}")
                        data-signed-out=words::script::signed_out()
                        data-not-saved=words::script::not_saved()
                    >
                        {lean(SCRIPTS)}
                    </script>
                </body>
            </html>
        }
        .to_html()
    })
}

/// What members' pages have around them, too, and the places of admins.
#[component]
fn Frame(viewer: Viewer, flash: Flash, path: String, head: Head, content: AnyView) -> impl IntoView {
    let account = Some(viewer.id.to_string());
    provide_context(PageContext {
        account: Signal::stored(account),
        follow: Callback::new(|_| ()),
        session_ended: Callback::new(|()| ()),
        password_min: domain::PASSWORD_MIN,
        load: PageLoad::new(flash, false),
    });
    provide_context(Session::new(Some(viewer)));
    view! {
        <a class="skip-link" href="#main">{words::site::skip()}</a>
        <div class="session-notice" id="session-notice" role="status"></div>
        <SiteHeader hidden=Signal::stored(false)/>
        <main id="main" tabindex="-1">
            <div class="column column-wide">
                <nav class="places" aria-label=words::admin::places()>
                    {place(&path, "/admin", words::admin::overview())}
                    {place(&path, "/admin/users", words::admin::users())}
                    {place(&path, "/admin/invitations", words::admin::invitations())}
                    {place(&path, "/admin/audit", words::admin::audit())}
                </nav>
                <header class="column-head">
                    <h1 dir="auto">{head.title}</h1>
                    <p class="lead">{head.lead}</p>
                </header>
                {content}
                <Footer/>
            </div>
        </main>
    }
}

fn place(path: &str, to: &'static str, label: &'static str) -> AnyView {
    // The overview stands above all others.
    let below = to != "/admin" && path.strip_prefix(to).is_some_and(|rest| rest.starts_with('/'));
    let here = if path == to { Some("page") } else { below.then_some("true") };
    view! { <a href=to aria-current=here>{label}</a> }.into_any()
}
