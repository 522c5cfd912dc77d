//! What stands around every call of the API, as one function.

use super::config_hint::hinted;
use super::cross_site;
use crate::config::AppEnv;
use crate::http::layers::around;
use crate::state::AppState;
use axum::Router;
use axum::extract::Request;
use axum::routing::Route;
use domain::{Code, SessionKind};
use edge::problem::refusal;
use edge::rate_limit::{count, limited};
use std::sync::Arc;
use tower::Service;

/// The calls as they are answered. Those from other sites' pages are refused before they are counted: they could use up
/// their visitors' limits. All others are counted by the session that a token of this kind names, else by their address.
/// In development a refusal by the password policy names the variable that sets it.
pub(crate) fn counted(state: &AppState, kind: SessionKind, calls: Router<AppState>) -> Router<AppState> {
    let (origin, callers) = (state.origin.clone(), Arc::new(state.callers()));
    let hints = state.env == AppEnv::Development;
    calls.layer(around(move |mut request: Request, route: &mut Route| {
        let counted = (!cross_site::refuses(&origin, &request)).then(|| count(&callers, kind, &mut request));
        let answer = route.call(request);
        async move {
            let Some(counted) = counted else { return Ok(refusal(Code::CrossSite)) };
            let answer = async {
                let Ok(response) = answer.await;
                if hints { hinted(response) } else { response }
            };
            Ok(limited(counted, answer).await)
        }
    }))
}
