//! Which part of the server a path belongs to, for decisions before routing.

use crate::config::Compat;
use http::Method;

pub(crate) const JWKS: &str = "/.well-known/jwks.json";

/// Whether a request calls a server function.
pub(crate) fn is_function(path: &str) -> bool {
    path.starts_with("/fn/")
}

/// Whether a request is the API's, where every refusal is a problem document, whatever `Accept` says.
pub(crate) fn is_api(compat: Compat, method: &Method, path: &str) -> bool {
    under("/api", path) || (compat.cookie && under("/auth", path)) || (compat.root && is_root(method, path))
}

/// Whether only the bearer token authorizes a request, and none of its cookies is read.
pub(crate) fn is_by_token(compat: Compat, method: &Method, path: &str) -> bool {
    under("/api", path) || path == JWKS || (compat.root && is_root(method, path))
}

/// Whether a request is the root family's and no page's.
fn is_root(method: &Method, path: &str) -> bool {
    match path {
        "/register" | "/login" => !matches!(*method, Method::GET | Method::HEAD),
        "/me" => true,
        _ => false,
    }
}

fn under(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_s_address_is_the_api_s_for_what_no_page_does() {
        let owned = |compat, method: Method, path| is_api(compat, &method, path);
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
