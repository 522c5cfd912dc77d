//! Versions of what somebody was shown: nobody may overwrite what they have not seen.

use crate::view;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{UserView, Viewer};
use sha2::{Digest, Sha256};
use std::fmt::Debug;
use store::TokenHash;
use store::users::User;
use uuid::Uuid;

/// Part of a digest is enough: nobody gains from two texts of their own that share a version.
const BYTES: usize = 16;

/// The version of an account as the API answers it.
#[must_use]
pub fn of_view(view: &UserView) -> String {
    of(view)
}

/// The version of what a page says about its viewer; a stranger's is empty.
#[must_use]
pub fn of_viewer(viewer: Option<&Viewer>) -> String {
    viewer.map(of).unwrap_or_default()
}

/// The version of an account as the API would answer it.
pub(crate) fn of_user(user: &User) -> String {
    of_view(&view::user(user.clone()))
}

/// The version of an account with its second factors.
pub(crate) fn of_factors(user: &User, factors: &[Uuid]) -> String {
    of((view::user(user.clone()), factors))
}

/// The version of what the profile's form shows.
pub(crate) fn of_profile(user: &User) -> String {
    of(&user.profile)
}

/// The version of a password. A hash holds a random salt, so its digest tells nothing.
pub(crate) fn of_password(hash: Option<&str>) -> String {
    of(hash)
}

/// The version of a sign-in that waits. What stands for its token tells nothing of the token.
pub(crate) fn of_waiting(waiting: &TokenHash) -> String {
    of(waiting.bytes())
}

/// The version of an authenticator app that is being set up.
pub(crate) fn of_app(id: Uuid) -> String {
    of(id)
}

/// `Debug` quotes every text, so no two contents are written alike.
fn of(shown: impl Debug) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(format!("{shown:?}"))[..BYTES])
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn no_two_contents_share_a_version() {
        let contents = [
            [None, None],
            [Some(""), None],
            [Some("None"), None],
            [Some("a"), Some("b")],
            [Some("a\", \"b"), None],
            [Some("a, b"), Some("")],
            [Some("a\u{301}"), None],
            [Some("á"), None],
        ];
        let versions: std::collections::BTreeSet<_> = contents.iter().map(of).collect();
        assert_eq!(versions.len(), contents.len());
        assert!(versions.iter().all(|version| version.len() == 22));
    }
}
