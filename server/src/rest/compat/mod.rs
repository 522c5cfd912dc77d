//! The paths of services that people move here from (docs/api-design.md). A path that is another name of a canonical call
//! is routed to that call's handler; only the cookie family has some of its own.

mod cookie;
mod oauth2;
mod root;
mod sign_out;

use crate::config::Compat;
use crate::http::layers::around;
use crate::rest::input::no_query;
use crate::state::AppState;
use axum::Router;

/// The calls of the families with bearer tokens that are on.
pub(super) fn by_token(compat: Compat) -> Router<AppState> {
    family(compat.oauth2, oauth2::router).merge(family(compat.root, root::router))
}

/// The calls of the cookie family, if it is on.
pub(super) fn by_cookie(compat: Compat) -> Router<AppState> {
    family(compat.cookie, cookie::router)
}

fn family(on: bool, router: fn() -> Router<AppState>) -> Router<AppState> {
    if on { router().route_layer(around(no_query)) } else { Router::new() }
}
