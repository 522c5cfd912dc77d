//! Every page, with the one flag that guards it.

use crate::forms::{CONFIRM, FACTORS, SECOND_STEP};
use crate::pages::account::AccountPage;
use crate::pages::activity::ActivityPage;
use crate::pages::forgot::ForgotPage;
use crate::pages::home::HomePage;
use crate::pages::invite::InvitePage;
use crate::pages::leave::LeavePage;
use crate::pages::login::LoginPage;
use crate::pages::login_code::LoginCodePage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::not_me::NotMePage;
use crate::pages::prove::ProvePage;
use crate::pages::register::RegisterPage;
use crate::pages::reset::ResetPage;
use crate::pages::security::SecurityPage;
use crate::pages::verify::VerifyPage;
use crate::site::{MemberLayout, Session};
use crate::ui::dom::effect;
use domain::{Role, Viewer};
use leptos::prelude::*;
use leptos::server_fn::redirect::call_redirect_hook;
use leptos_router::components::{FlatRoutes, Route};
use leptos_router::hooks::use_location;
use leptos_router::{SsrMode, path};

/// Who may open a page. The server checks it before Leptos renders anything; the browser repeats the check for its own
/// navigation only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Everyone.
    Open,
    /// Those who are not signed in; others are sent to their account.
    Strangers,
    /// Those who are signed in, also before they have proven their address; others are sent to sign in first.
    SignedIn,
    /// The same, once they have proven their address where that is required.
    Members,
    /// Admins; other members are refused.
    Admins,
}

impl Guard {
    /// Whether `viewer` may open the page.
    #[must_use]
    pub fn admits(self, viewer: Option<&Viewer>) -> bool {
        match self {
            Self::Open => true,
            Self::Strangers => viewer.is_none(),
            Self::SignedIn | Self::Members => viewer.is_some(),
            Self::Admins => viewer.is_some_and(|viewer| viewer.role == Role::Admin),
        }
    }

    /// Whether those who must have a second factor see the page once they have one. The server leads them to it: no page of
    /// the program does.
    #[must_use]
    pub const fn waits_for_factor(self) -> bool {
        matches!(self, Self::Members | Self::Admins)
    }

    /// Whether `viewer` has to prove their address before they see the page.
    #[must_use]
    pub fn waits_for_proof(self, viewer: Option<&Viewer>) -> bool {
        matches!(self, Self::Members | Self::Admins) && viewer.is_some_and(|viewer| viewer.must_prove)
    }
}

/// One page of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Where it is.
    pub path: &'static str,
    /// Who may open it.
    pub guard: Guard,
}

/// One line per page: its path, its guard, its component. It makes both the list for the server and the routes of the
/// browser.
macro_rules! pages {
    ($($path:tt $guard:ident $component:ident;)+) => {
        /// The program's pages, for the server's guards and for tests that walk them all.
        pub const PAGES: &[Page] = &[$(Page { path: $path, guard: Guard::$guard },)+];

        #[component]
        pub(crate) fn Pages() -> impl IntoView {
            view! {
                <FlatRoutes fallback=NotFoundPage>
                    $(<Route path=path!($path) view=|| guarded(Guard::$guard, || $component().into_any()) ssr=SsrMode::Async/>)+
                </FlatRoutes>
            }
        }
    };
}

pages! {
    "/" Open HomePage;
    "/register" Strangers RegisterPage;
    "/login" Strangers LoginPage;
    "/login/code" Strangers LoginCodePage;
    "/forgot" Open ForgotPage;
    "/reset" Open ResetPage;
    "/verify" Open VerifyPage;
    "/invite" Open InvitePage;
    "/not-me" Open NotMePage;
    "/account" Members AccountPage;
    "/account/activity" Members ActivityPage;
    "/account/security" Members SecurityPage;
    "/account/leave" SignedIn LeavePage;
}

/// Pages that the server draws whole, outside of the program: no browser's build holds them. Words in braces stand for
/// whatever is there.
pub const DOCUMENTS: &[Page] = &[
    Page { path: "/admin", guard: Guard::Admins },
    Page { path: "/admin/audit", guard: Guard::Admins },
    Page { path: "/admin/users", guard: Guard::Admins },
    Page { path: "/admin/users/new", guard: Guard::Admins },
    Page { path: "/admin/users/{user}", guard: Guard::Admins },
    Page { path: "/admin/users/{user}/{act}", guard: Guard::Admins },
    Page { path: "/admin/invitations", guard: Guard::Admins },
    Page { path: CONFIRM, guard: Guard::SignedIn },
    Page { path: FACTORS, guard: Guard::Members },
    Page { path: SECOND_STEP, guard: Guard::Strangers },
];

/// All pages.
pub fn every_page() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().chain(DOCUMENTS)
}

/// Whether the page at `path` is for those who are not signed in.
pub(crate) fn is_for_strangers(path: &str) -> bool {
    PAGES.iter().any(|page| page.path == path && page.guard == Guard::Strangers)
}

/// Goes where a form's answer leads. Another program may be behind the same host: the router knows only our pages.
pub(crate) fn follow(location: &str) {
    if is_page(location) {
        call_redirect_hook(location);
    } else {
        _ = window().location().assign(location);
    }
}

/// Whether `location` is a page of this site, which the program shows without loading a document.
fn is_page(location: &str) -> bool {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    PAGES.iter().any(|page| page.path == path)
}

/// The page, what its viewer has to do first, or a redirect to where they should be.
fn guarded(guard: Guard, page: fn() -> AnyView) -> AnyView {
    let session = Session::from_context();
    let viewer = session.viewer_untracked();
    if guard.waits_for_proof(viewer.as_ref()) {
        return ProvePage().into_any();
    }
    if guard.admits(viewer.as_ref()) {
        return page();
    }
    if guard == Guard::Admins && viewer.is_some() {
        let (heading, lead) = (words::title::forbidden(), words::detail::forbidden());
        return view! { <MemberLayout heading lead>""</MemberLayout> }.into_any();
    }
    let path = use_location().pathname;
    effect(move || match guard {
        Guard::Open | Guard::Strangers => session.go("/account".to_owned()),
        Guard::SignedIn | Guard::Members | Guard::Admins => session.expire(&path.get_untracked()),
    });
    ().into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use uuid::Uuid;

    #[test]
    fn what_lies_beside_this_site_is_no_page_of_it() {
        for page in ["/", "/account", "/account?saved=1", "/account/security#password"] {
            assert!(is_page(page), "{page}");
        }
        for other in ["/docs", "/shop?item=1", "/accounts", "https://www.example.com/", ""] {
            assert!(!is_page(other), "{other}");
        }
    }

    #[test]
    fn each_guard_admits_whom_its_name_says() {
        let member = |role| Viewer {
            id: UserId(Uuid::nil()),
            email: "ana@example.com".into(),
            name: None,
            role,
            must_prove: false,
        };
        let (user, admin) = (member(Role::User), member(Role::Admin));
        let admitted = |guard: Guard| [None, Some(&user), Some(&admin)].map(|viewer| guard.admits(viewer));
        assert_eq!(admitted(Guard::Open), [true, true, true]);
        assert_eq!(admitted(Guard::Strangers), [true, false, false]);
        assert_eq!(admitted(Guard::SignedIn), [false, true, true]);
        assert_eq!(admitted(Guard::Members), [false, true, true]);
        assert_eq!(admitted(Guard::Admins), [false, false, true]);
        let unproven = Viewer { must_prove: true, ..admin };
        let guards = [Guard::Open, Guard::Strangers, Guard::SignedIn, Guard::Members, Guard::Admins];
        let waits = guards.map(|guard| {
            assert!(!guard.waits_for_proof(None) && !guard.waits_for_proof(Some(&user)));
            guard.waits_for_proof(Some(&unproven))
        });
        assert_eq!(waits, [false, false, false, true, true]);
    }
}
