use super::avatar::avatar;
use super::logout::{SignOut, sign_out_failed};
use super::session::Session;
use crate::settings::AppSettings;
use crate::ui::{Mark, dynamic};
use domain::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The slim header of members; strangers' pages have the mark over the form instead.
#[component]
pub(crate) fn SiteHeader(hidden: Signal<bool>) -> impl IntoView {
    let session = Session::from_context();
    dynamic(move || {
        session.viewer().filter(|_| !hidden.get()).map(|viewer| {
            let name = viewer.label().to_owned();
            view! { <MemberHeader name email=viewer.email/> }.into_any()
        })
    })
}

/// The mark, the links, and the account's menu.
#[component]
pub(crate) fn MemberHeader(name: String, email: String) -> impl IntoView {
    let settings = AppSettings::from_context();
    let just_signed_in = Session::from_context().just_signed_in();
    view! {
        <header class="site-header" class:just-signed-in=just_signed_in>
            <div class="site-header-row">
                <a class="brand" href=settings.home().to_owned() rel=settings.home_rel()>
                    <Mark/>
                    <span dir="auto">{settings.name.clone()}</span>
                </a>
                <NavLinks/>
                <Menu name email/>
            </div>
        </header>
    }
}

/// A native `<details>`, so that it opens without scripts; `menu.js` closes it as menus close.
#[component]
fn Menu(name: String, email: String) -> impl IntoView {
    let email = (email != name).then_some(email);
    view! {
        <details class="menu" open=sign_out_failed()>
            <summary>
                <span class="visually-hidden">{words::site::menu_of()}</span>
                <span class="user-name" dir="auto">{name.clone()}</span>
                {avatar(&name, false)}
            </summary>
            <div class="menu-panel">
                <p class="menu-user">
                    <b dir="auto">{name}</b>
                    {email.map(|email| view! { <span dir="auto">{email}</span> }.into_any())}
                </p>
                <NavLinks/>
                <SignOut/>
            </div>
        </details>
    }
}

/// The links: in the row on wide screens, in the menu on narrow ones.
#[component]
fn NavLinks() -> impl IntoView {
    view! {
        <nav aria-label=words::site::places()>
            <NavLink path="/account" label=words::site::profile()/>
            <NavLink path="/account/security" label=words::site::security()/>
            <NavLink path="/account/activity" label=words::site::activity()/>
            {admin_link()}
        </nav>
    }
}

/// Admins' pages are no part of the program.
fn admin_link() -> Option<AnyView> {
    let viewer = Session::from_context().viewer_untracked()?;
    let link = || view! { <a href="/admin" rel="external">{words::site::admin()}</a> }.into_any();
    (viewer.role == Role::Admin).then(link)
}

#[component]
fn NavLink(path: &'static str, label: &'static str) -> impl IntoView {
    let here = use_location().pathname;
    let is_here = move || here.get() == path;
    view! {
        // The page one is on is loaded anew: its address may hold more than the path.
        <a href=path aria-current=move || is_here().then_some("page") rel=move || is_here().then_some("external")>
            {label}
        </a>
    }
}
