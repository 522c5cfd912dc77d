//! A path with slashes at its end, as many clients of FastAPI send them, leads to the one without.

use super::{Compat, openapi};
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode, Uri};
use std::sync::{Arc, OnceLock};

/// Every path of the API, as its description writes it.
#[derive(Clone)]
pub(crate) struct Paths {
    compat: Compat,
    known: Arc<OnceLock<Vec<String>>>,
}

impl Paths {
    pub(crate) fn new(compat: Compat) -> Self {
        Self { compat, known: Arc::default() }
    }

    /// 307 to the path without its slashes, if it is one of the API's: method, body and query stay as they are.
    pub(crate) fn without_slash(&self, uri: &Uri) -> Option<Response> {
        let path = trimmed(uri.path())?;
        let known = self.known.get_or_init(|| openapi::paths(self.compat));
        known.iter().find(|known| fits(known, path))?;
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let location = HeaderValue::from_str(&format!("{path}{query}")).ok()?;
        Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response())
    }
}

/// The path without the slashes at its end, if there are any.
pub(crate) fn trimmed(path: &str) -> Option<&str> {
    let short = path.trim_end_matches('/');
    (short.len() < path.len() && !short.is_empty()).then_some(short)
}

/// Whether a path is one of these, whatever stands in place of its parameters.
fn fits(known: &str, path: &str) -> bool {
    let same = |(known, part): (&str, &str)| known == part || (known.starts_with('{') && !part.is_empty());
    known.split('/').count() == path.split('/').count() && known.split('/').zip(path.split('/')).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(compat: Compat, uri: &str) -> Option<String> {
        let answer = Paths::new(compat).without_slash(&uri.parse().unwrap())?;
        assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
        Some(answer.headers()[LOCATION].to_str().unwrap().to_owned())
    }

    #[test]
    fn every_path_of_the_api_is_found_without_its_slashes() {
        for path in openapi::paths(Compat::ALL) {
            let path = path.replace("{id}", "019aa5a4-0000-7000-8000-000000000000");
            for end in ["/", "//", "/?a=1&b=%2F", "/?"] {
                let expected = format!("{path}{}", end.trim_start_matches('/'));
                assert_eq!(location(Compat::ALL, &format!("{path}{end}")), Some(expected));
            }
            assert_eq!(location(Compat::ALL, &path), None, "there is no slash");
        }
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for uri in [
            "/",
            "//",
            "//evil.example/",
            "//evil.example/api/v1/users/",
            "/api/v1//users/",
            "/api/v1/users/a/b/",
            "/api/v1/nowhere/",
            "/api/v1/users/%2e%2e/x/",
            "/API/v1/users/",
            "/api/v1/users%2F",
            "/.//auth/login/",
        ] {
            assert_eq!(location(Compat::ALL, uri), None, "{uri}");
        }
        assert_eq!(location(Compat::NONE, "/auth/login/"), None, "the family is off");
        assert_eq!(location(Compat::NONE, "/api/v1/auth/login/").as_deref(), Some("/api/v1/auth/login"));
    }
}
