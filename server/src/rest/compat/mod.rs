//! The paths of services that people move here from (docs/api-design.md). A call that has a canonical twin is
//! answered by the twin's own handler; only the cookie family has some of its own.

mod cookie;
mod oauth2;
mod root;
mod sign_out;

pub(super) use root::owns as root_owns;

use super::input::no_query;
use super::under;
use crate::AppState;
use axum::Router;
use axum::middleware::from_fn;
use http::Method;

/// Which families answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compat {
    /// `/auth/…`, with a cookie.
    pub cookie: bool,
    /// `/api/auth/…`, with bearer tokens.
    pub oauth2: bool,
    /// `/register`, `/login` and `/me`, with bearer tokens.
    pub root: bool,
}

impl Compat {
    /// All of them.
    pub const ALL: Self = Self { cookie: true, oauth2: true, root: true };
    /// None of them.
    pub const NONE: Self = Self { cookie: false, oauth2: false, root: false };

    /// `all`, `none`, or names separated by commas.
    ///
    /// # Errors
    /// The word that is none of these.
    pub fn parse(text: &str) -> Result<Self, &str> {
        match text.trim() {
            "all" => return Ok(Self::ALL),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        text.split(',').map(str::trim).try_fold(Self::NONE, |known, word| match word {
            "cookie" => Ok(Self { cookie: true, ..known }),
            "oauth2" => Ok(Self { oauth2: true, ..known }),
            "root" => Ok(Self { root: true, ..known }),
            other => Err(other),
        })
    }
}

/// The calls of the families with bearer tokens that are on.
pub(super) fn by_token(compat: Compat) -> Router<AppState> {
    family(compat.oauth2, oauth2::router).merge(family(compat.root, root::router))
}

/// The calls of the cookie family, if it is on.
pub(super) fn by_cookie(compat: Compat) -> Router<AppState> {
    family(compat.cookie, cookie::router)
}

fn family(on: bool, router: fn() -> Router<AppState>) -> Router<AppState> {
    if on { router().route_layer(from_fn(no_query)) } else { Router::new() }
}

/// Whether a request is one of theirs. The paths under `/api` are the API's in any case.
pub(super) fn owns(compat: Compat, method: &Method, path: &str) -> bool {
    (compat.cookie && under(cookie::PREFIX, path)) || (compat.root && root_owns(method, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_named_one_by_one_or_all_at_once() {
        assert_eq!(Compat::parse("all"), Ok(Compat::ALL));
        assert_eq!(Compat::parse(" none "), Ok(Compat::NONE));
        assert_eq!(Compat::parse("cookie"), Ok(Compat { cookie: true, ..Compat::NONE }));
        assert_eq!(Compat::parse("root, oauth2"), Ok(Compat { cookie: false, ..Compat::ALL }));
        for (text, word) in [("s1", "s1"), ("cookie,all", "all"), ("root,", ""), ("none,root", "none")] {
            assert_eq!(Compat::parse(text), Err(word), "{text}");
        }
    }

    #[test]
    fn a_page_s_address_is_the_api_s_for_what_no_page_does() {
        let owned = |compat, method: Method, path| owns(compat, &method, path);
        for path in ["/login", "/register"] {
            assert!(owned(Compat::ALL, Method::POST, path) && owned(Compat::ALL, Method::DELETE, path));
            assert!(!owned(Compat::ALL, Method::GET, path) && !owned(Compat::ALL, Method::HEAD, path));
            assert!(!owned(Compat::NONE, Method::POST, path));
        }
        assert!(owned(Compat::ALL, Method::GET, "/me") && owned(Compat::ALL, Method::GET, "/auth/me"));
        assert!(!owned(Compat::ALL, Method::GET, "/authors") && !owned(Compat::ALL, Method::GET, "/"));
        assert!(!owned(Compat::NONE, Method::GET, "/me") && !owned(Compat::NONE, Method::GET, "/auth/me"));
    }
}
