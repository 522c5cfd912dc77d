//! `/account/export`: the file of the page about leaving. It writes nothing but that it was taken, and is counted as a call
//! is.

use crate::download::Download;
use crate::http::redirect::{see_other, with_next};
use crate::state::AppState;
use accounts::{Error, RequestCtx};
use app::forms::{CONFIRM, FACTORS};
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use edge::problem::{problem, refusal};

const PAGE: &str = "/account/leave";

pub(crate) async fn download(
    State(state): State<AppState>,
    Extension(ctx): Extension<RequestCtx>,
) -> Response {
    match state.accounts.export(&ctx).await {
        Ok(export) => Download(export).into_response(),
        Err(Error::SignInNeeded) => see_other(&with_next("/login", PAGE)),
        Err(Error::EmailUnverified) => see_other(PAGE),
        Err(Error::FactorRequired) => see_other(FACTORS),
        Err(Error::Reauthenticate) => see_other(&with_next(CONFIRM, PAGE)),
        Err(error) => refusal(problem(error)),
    }
}
