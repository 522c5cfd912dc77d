use crate::initial_state::{InitialState, Unsent};
use crate::json::Json;
use crate::routes::{self, Pages};
use crate::site::{Session, SiteHeader};
use crate::ui::{PageContext, PageLoad, dom};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::Router;
use leptos_router::hooks::use_location;

/// Everything inside `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let start = || use_context::<InitialState>().unwrap_or_default();
    let start = SharedValue::<_, Json>::new_with_encoding(start).into_inner();
    let name = start.settings.name.clone();
    provide_context(start.settings.clone());
    provide_context(start.unsent);
    provide_context(start.nonce.clone());
    view! {
        <Title formatter=move |page: String| if page.is_empty() { name.clone() } else { words::site::title(&page, &name) }/>
        <Router>
            <Site start/>
        </Router>
    }
}

#[component]
fn Site(start: InitialState) -> impl IntoView {
    let session = Session::new(start.viewer);
    let path = use_location().pathname;
    // Event listeners are attached once effects run. The document says so for the styles and for browser tests.
    dom::effect(|| {
        if let Some(root) = document().document_element() {
            _ = root.set_attribute("data-hydrated", "");
        }
    });
    // The other tabs are told what this tab does to the session.
    let mut changed = false;
    dom::effect(move || {
        session.viewer();
        if std::mem::replace(&mut changed, true) {
            dom::tell(&document(), "session");
        }
    });
    provide_context(PageContext {
        account: Signal::derive(move || session.viewer().map(|viewer| viewer.id.to_string())),
        follow: Callback::new(|to: String| routes::follow(&to)),
        session_ended: Callback::new(move |()| session.expire(&path.get_untracked())),
        password_min: start.settings.password_min,
        load: PageLoad::new(start.flash, start.unsent != Unsent::Nothing),
    });
    provide_context(session);
    // Just after a sign-in its page is still shown for a moment: nothing moves there.
    let hidden = Signal::derive(move || path.with(|path| routes::is_for_strangers(path)));
    view! {
        // `external` keeps the router's hands off: the browser itself moves the focus to the target.
        <a class="skip-link" href="#main" rel="external">{words::site::skip()}</a>
        <div class="session-notice" id="session-notice" role="status"></div>
        <SiteHeader hidden/>
        <main id="main" tabindex="-1">
            <Pages/>
        </main>
    }
}
