use crate::AppSettings;
use crate::logout::SignOut;
use crate::routes;
use crate::session::Session;
use crate::ui::Mark;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The slim header of members; strangers' pages have the mark over the form instead.
#[component]
pub(crate) fn SiteHeader() -> impl IntoView {
    let session = Session::of_page();
    let path = use_location().pathname;
    // Somebody who has just signed in still stands at the door for a moment: nothing moves there.
    let inside = move || !path.with(|path| routes::is_for_strangers(path));
    move || {
        session
            .viewer()
            .filter(|_| inside())
            .map(|viewer| view! { <MemberHeader person=viewer.label().to_owned()/> })
    }
}

/// The mark, the places, the person, the way out.
#[component]
pub(crate) fn MemberHeader(
    /// What to call the person.
    person: String,
) -> impl IntoView {
    let name = use_context::<AppSettings>().unwrap_or_default().name;
    let opens = Session::of_page().is_fresh();
    let title = person.clone();
    view! {
        <header class="site-header" class:opens=opens>
            <div class="site-header-row">
                <a class="brand" href="/">
                    <Mark/>
                    <span>{name}</span>
                </a>
                <nav aria-label="Account">
                    <Place path="/account" label="Profile"/>
                    <Place path="/account/security" label="Security"/>
                </nav>
                <div class="site-header-person">
                    <span class="person" title=title>{person}</span>
                    <SignOut/>
                </div>
            </div>
        </header>
    }
}

#[component]
fn Place(path: &'static str, label: &'static str) -> impl IntoView {
    let here = use_location().pathname;
    view! { <a href=path aria-current=move || (here.get() == path).then_some("page")>{label}</a> }
}
