use crate::AppSettings;
use crate::initials::initials;
use crate::logout::{SignOut, sign_out_failed};
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
        session.viewer().filter(|_| inside()).map(|viewer| {
            let name = viewer.label().to_owned();
            view! { <MemberHeader name email=viewer.email/> }
        })
    }
}

/// The mark, the places, and the account's menu.
#[component]
pub(crate) fn MemberHeader(
    /// What to call the person.
    name: String,
    /// The account's address.
    email: String,
) -> impl IntoView {
    let settings = use_context::<AppSettings>().unwrap_or_default();
    let opens = Session::of_page().is_fresh();
    view! {
        <header class="site-header" class:opens=opens>
            <div class="site-header-row">
                <a class="brand" href=settings.home().to_owned() rel=settings.home_rel()>
                    <Mark/>
                    <span dir="auto">{settings.name.clone()}</span>
                </a>
                <Places/>
                <Menu name email/>
            </div>
        </header>
    }
}

/// A native `<details>`, so that it opens without scripts; `menu.js` closes it as menus close.
#[component]
fn Menu(name: String, email: String) -> impl IntoView {
    let letters = initials(&name);
    let email = (email != name).then_some(email);
    view! {
        <details class="menu" open=sign_out_failed()>
            <summary>
                <span class="unseen">"Account menu for "</span>
                <span class="person" dir="auto">{name.clone()}</span>
                <span class="avatar" aria-hidden="true">{letters}</span>
            </summary>
            <div class="menu-panel">
                <p class="menu-person">
                    <b dir="auto">{name}</b>
                    {email.map(|email| view! { <span dir="auto">{email}</span> })}
                </p>
                <Places/>
                <SignOut/>
            </div>
        </details>
    }
}

/// In the row on wide screens, in the menu on narrow ones.
#[component]
fn Places() -> impl IntoView {
    view! {
        <nav aria-label="Account">
            <Place path="/account" label="Profile"/>
            <Place path="/account/security" label="Security"/>
        </nav>
    }
}

#[component]
fn Place(path: &'static str, label: &'static str) -> impl IntoView {
    let here = use_location().pathname;
    view! { <a href=path aria-current=move || (here.get() == path).then_some("page")>{label}</a> }
}
