//! Redirects for browsers.

use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

/// 303 and nothing else. `path` comes from [`domain::safe_next`], from us or from the owner.
pub(crate) fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}

/// The address of `page` that leads on to `next`, of which only what would end a query's value is
/// escaped: everything else in a path of ours may stand there as it is.
pub(crate) fn with_next(page: &str, next: &str) -> String {
    let next = next.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23");
    format!("{page}?next={next}")
}
