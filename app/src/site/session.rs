//! The signed-in person as the browser knows them.

use domain::Viewer;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The viewer of the pages, updated from the server's answers. It decides what is shown, never what is allowed: the
/// server reads the session row at every call.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    viewer: RwSignal<Option<Viewer>>,
    fresh: StoredValue<bool>,
    go: Callback<String>,
}

impl Session {
    /// To be called inside the router.
    pub(crate) fn new(viewer: Option<Viewer>) -> Self {
        let navigate = use_navigate();
        Self {
            viewer: RwSignal::new(viewer),
            fresh: StoredValue::new(false),
            go: Callback::new(move |path: String| {
                navigate(&path, NavigateOptions { replace: true, ..NavigateOptions::default() });
            }),
        }
    }

    pub(crate) fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self {
            viewer: RwSignal::new(None),
            fresh: StoredValue::new(false),
            go: Callback::new(|_| ()),
        })
    }

    pub(crate) fn viewer(self) -> Option<Viewer> {
        self.viewer.get()
    }

    pub(crate) fn viewer_untracked(self) -> Option<Viewer> {
        self.viewer.get_untracked()
    }

    /// Whether this browser has just signed in, without a page load in between.
    pub(crate) fn just_signed_in(self) -> bool {
        self.fresh.get_value()
    }

    /// Shows whom the server took in. Whoever was signed in before has a cookie that came back.
    pub(crate) fn sign_in(self, viewer: Viewer) {
        if self.viewer_untracked().is_none() {
            self.fresh.set_value(true);
        }
        self.viewer.set(Some(viewer));
    }

    /// The cookie came back: a later 401 is an ended session, not a lost cookie.
    pub(crate) fn confirm_cookie(self) {
        self.fresh.set_value(false);
    }

    pub(crate) fn rename(self, name: Option<String>) {
        self.viewer.update(|viewer| {
            if let Some(viewer) = viewer {
                viewer.name = name;
            }
        });
    }

    pub(crate) fn sign_out(self) {
        self.fresh.set_value(false);
        self.viewer.set(None);
    }

    /// The server says that nobody is signed in: goes to the sign-in page, which leads back to `path`.
    pub(crate) fn expire(self, path: &str) {
        let cookie_lost = self.just_signed_in() && self.viewer_untracked().is_some();
        self.sign_out();
        self.go(sign_in_path(path, cookie_lost));
    }

    pub(crate) fn go(self, path: String) {
        self.go.run(path);
    }
}

/// Our paths need no escaping in a query.
fn sign_in_path(back_to: &str, cookie_lost: bool) -> String {
    let lost = if cookie_lost { "&cookie=lost" } else { "" };
    format!("/login?next={back_to}{lost}")
}

#[cfg(test)]
mod tests {
    use super::{Session, sign_in_path};
    use domain::{Role, UserId, Viewer};
    use leptos::prelude::Owner;
    use uuid::Uuid;

    #[test]
    fn whoever_was_signed_in_before_is_told_of_no_lost_cookie() {
        let viewer = || Viewer {
            id: UserId(Uuid::nil()),
            email: "ana@example.com".into(),
            name: None,
            role: Role::User,
            must_prove: true,
        };
        Owner::new().with(|| {
            let session = Session::from_context();
            session.sign_in(viewer());
            assert!(session.just_signed_in());
            session.confirm_cookie();
            session.sign_in(Viewer { must_prove: false, ..viewer() });
            assert!(!session.just_signed_in());
        });
    }

    #[test]
    fn a_lost_session_leads_back_to_the_page_it_was_lost_on() {
        assert_eq!(sign_in_path("/account/security", false), "/login?next=/account/security");
    }

    #[test]
    fn a_cookie_that_did_not_come_back_is_said() {
        assert_eq!(sign_in_path("/account", true), "/login?next=/account&cookie=lost");
    }
}
