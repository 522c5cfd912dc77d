//! Pages that the server draws whole, as documents of their own. Their forms are server functions.

use super::guard::way_back;
use super::render;
use crate::http::headers;
use crate::http::redirect::{see_other, with_next};
use crate::state::AppState;
use accounts::{Error, RequestCtx, timestamp, version};
use app::forms::{CONFIRM, FACTORS};
use app::{AppSettings, DocumentContext, Flash};
use axum::Extension;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use domain::Code;
use edge::problem::{problem, refusal};
use http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;

/// What every such page needs of its request.
pub(crate) struct DocumentRequest {
    pub(super) state: AppState,
    pub(super) ctx: RequestCtx,
    pub(super) flash: Flash,
    pub(super) path: String,
    pub(super) query: String,
}

impl FromRequestParts<AppState> for DocumentRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let ctx = Extension::<RequestCtx>::from_request_parts(parts, state).await;
        let Extension(ctx) = ctx.map_err(IntoResponse::into_response)?;
        let flash = parts.extensions.remove::<Flash>().unwrap_or_default();
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        Ok(Self { state: state.clone(), ctx, flash, path: path.to_owned(), query: query.to_owned() })
    }
}

impl DocumentRequest {
    /// The page, for whoever is signed in.
    pub(super) fn draw(self, draw: impl FnOnce(DocumentContext) -> String) -> Response {
        let Self { state, ctx, flash, path, query } = self;
        let Some(viewer) = ctx.viewer() else { return refusal(Code::SignInNeeded) };
        let (nonce, (status, wait)) = (Nonce::new(), render::status_of(&flash));
        let context = DocumentContext {
            options: LeptosOptions::clone(&state.site),
            settings: AppSettings::clone(&state.app),
            session: version::of_viewer(Some(&viewer)),
            viewer,
            flash,
            path,
            query,
            nonce: nonce.clone(),
            now: timestamp(ctx.now),
        };
        let mut answer = (headers::page_policy(&state, Some(&nonce)), Html(draw(context))).into_response();
        *answer.status_mut() = status;
        answer.headers_mut().extend(wait);
        answer
    }

    /// Where a page leads that cannot be shown.
    pub(super) fn refused(&self, error: Error) -> Response {
        let back = way_back(&self.path, &self.query).unwrap_or_else(|| "/account".to_owned());
        match error {
            Error::SignInNeeded => see_other(&with_next("/login", &back)),
            Error::EmailUnverified => see_other("/account"),
            Error::FactorRequired => see_other(FACTORS),
            Error::Reauthenticate => see_other(&with_next(CONFIRM, &back)),
            error => refusal(problem(error)),
        }
    }
}
