//! The pages of admins: documents that the server draws whole. Their forms are server functions.

use crate::download::Download;
use crate::http::redirect::{see_other, with_next};
use crate::http::{body, headers};
use crate::state::AppState;
use accounts::{AuditFormat, Error, RequestCtx, timestamp, version};
use app::{AdminSite, AppSettings, Flash};
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use domain::{
    Addresses, AdminAct, Asking, AuditQuery, AuditSearch, AuditView, Code, FieldError, FormReason,
    PageRequest, ProblemDocument, Reason, UserId, UserQuery,
};
use edge::problem::{problem, refusal};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use serde::Deserialize;
use serde::de::value::{Error as PlainError, MapDeserializer};
use uuid::Uuid;

/// Strangers and members load none of it.
const STYLE: &str = include_str!("admin.css");
/// The newest events that an account's page shows.
const EVENTS: &str = "20";

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/admin/style.css", get(async || ([(CONTENT_TYPE, "text/css")], STYLE)))
        .route("/admin", get(figures))
        .route("/admin/audit", get(audit))
        .route("/admin/users", get(users))
        .route("/admin/users/new", get(invite))
        .route("/admin/users/{user}", get(user))
        .route("/admin/users/{user}/{act}", get(act))
        .route("/admin/invitations", get(invitations))
}

/// What every page needs of its request.
pub(crate) struct Asked {
    state: AppState,
    ctx: RequestCtx,
    flash: Flash,
    path: String,
    query: String,
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let ctx = Extension::<RequestCtx>::from_request_parts(parts, state).await;
        let Extension(ctx) = ctx.map_err(IntoResponse::into_response)?;
        let flash = parts.extensions.remove::<Flash>().unwrap_or_default();
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        Ok(Self { state: state.clone(), ctx, flash, path: path.to_owned(), query: query.to_owned() })
    }
}

impl Asked {
    /// Whatever let the request in, an admin alone is shown a page.
    fn page(self, draw: impl FnOnce(AdminSite) -> String) -> Response {
        if let Err(error) = self.ctx.admin() {
            return self.refused(error);
        }
        let Self { state, ctx, flash, path, .. } = self;
        let Some(viewer) = ctx.viewer() else { return refusal(Code::SignInNeeded) };
        let nonce = Nonce::new();
        let site = AdminSite {
            options: LeptosOptions::clone(&state.site),
            settings: AppSettings::clone(&state.app),
            session: version::of_viewer(Some(&viewer)),
            viewer,
            flash,
            path,
            nonce: nonce.clone(),
            now: timestamp(ctx.now),
        };
        (headers::page_policy(&state, Some(&nonce)), Html(draw(site))).into_response()
    }

    /// The account that the path names.
    fn user(&self) -> Option<UserId> {
        Uuid::try_parse(self.path.split('/').nth(3)?).ok().map(UserId)
    }

    /// Of those whom the events of a page name.
    async fn addresses_in(&self, events: &[AuditView]) -> Result<Addresses, Error> {
        self.state.accounts.addresses_in(&self.ctx, events).await
    }

    /// The act that the path names, if it has a page of its own.
    fn act(&self) -> Option<AdminAct> {
        AdminAct::of(self.path.split('/').nth(4)?).filter(|act| act.asking() != Asking::Once)
    }

    /// What the address asks for, of these fields. Whatever else stands there is another program's.
    ///
    /// # Errors
    /// As of a broken cursor, where it cannot be read: whoever asked for some is not shown all.
    fn query<T: for<'a> Deserialize<'a>>(&self, known: &[(&str, &str)]) -> Result<T, Error> {
        let broken =
            || Error::Invalid(vec![FieldError::new("cursor", Reason::Form(FormReason::CursorInvalid))]);
        let fields = body::fields(self.query.as_bytes()).map_err(|_| broken())?;
        let known = fields.into_iter().filter(|(name, _)| known.iter().any(|(known, _)| known == name));
        T::deserialize(MapDeserializer::<_, PlainError>::new(known)).map_err(|_| broken())
    }

    /// The page of a list, which says why it cannot be shown; any other refusal leads elsewhere.
    fn list<P>(
        self,
        found: Result<P, Error>,
        draw: impl FnOnce(AdminSite, Result<P, ProblemDocument>) -> String,
    ) -> Response {
        match found {
            Ok(page) => self.page(|site| draw(site, Ok(page))),
            Err(error @ Error::Invalid(_)) => {
                let problem = words::document(&problem(error));
                self.page(|site| draw(site, Err(problem)))
            }
            Err(error) => self.refused(error),
        }
    }

    /// Where a page leads that cannot be shown.
    fn refused(&self, error: Error) -> Response {
        match error {
            Error::SignInNeeded => see_other(&with_next("/login", &self.path)),
            Error::EmailUnverified => see_other("/account"),
            Error::Reauthenticate => see_other(&with_next("/confirm", &self.path)),
            error => refusal(problem(error)),
        }
    }
}

async fn figures(asked: Asked) -> Response {
    match asked.state.accounts.admin_figures(&asked.ctx).await {
        Ok(figures) => asked.page(|site| app::admin_figures_document(site, figures)),
        Err(error) => asked.refused(error),
    }
}

async fn audit(asked: Asked) -> Response {
    let (search, found) = match asked.query::<AuditSearch>(&AuditSearch::default().fields()) {
        Ok(search) => (search.clone(), asked.state.accounts.search_audit(&asked.ctx, &search).await),
        Err(broken) => (AuditSearch::default(), Err(broken)),
    };
    let found = match found {
        Ok(page) => asked.addresses_in(&page.items).await.map(|addresses| (page, addresses)),
        Err(error) => Err(error),
    };
    asked.list(found, |site, found| app::admin_audit_document(site, search, found))
}

/// The file of the audit trail's page. It writes nothing.
pub(crate) async fn download(asked: Asked) -> Response {
    let search = asked.query::<AuditSearch>(&AuditSearch::default().fields());
    let csv = asked.query.split('&').all(|part| part != "format=jsonl");
    let format = if csv { AuditFormat::Csv } else { AuditFormat::JsonLines };
    let page = Asked { path: "/admin/audit".to_owned(), ..asked };
    let file = match search {
        Ok(search) => page.state.accounts.audit_file(&page.ctx, &search, format).await,
        Err(broken) => Err(broken),
    };
    file.map_or_else(|error| page.refused(error), |file| Download(file).into_response())
}

async fn users(asked: Asked) -> Response {
    let (query, found) = match asked.query::<UserQuery>(&UserQuery::default().fields()) {
        Ok(query) => (query.clone(), asked.state.accounts.list_users(&asked.ctx, query).await),
        Err(broken) => (UserQuery::default(), Err(broken)),
    };
    asked.list(found, |site, found| app::admin_users_document(site, query, found))
}

async fn user(asked: Asked) -> Response {
    let Some(user) = asked.user() else { return refusal(Code::NotFound) };
    let events = AuditQuery { limit: EVENTS.to_owned(), subject: user.to_string(), ..AuditQuery::default() };
    let found = asked.state.accounts.admin_user(&asked.ctx, user).await;
    let events = asked.state.accounts.audit_trail(&asked.ctx, events).await;
    let found = match found.and_then(|found| Ok((found, events?.items))) {
        Ok((found, events)) => asked.addresses_in(&events).await.map(|addresses| (found, events, addresses)),
        Err(error) => Err(error),
    };
    match found {
        Ok((found, events, addresses)) => {
            asked.page(|site| app::admin_user_document(site, found, events, addresses))
        }
        Err(error) => asked.refused(error),
    }
}

async fn act(asked: Asked) -> Response {
    let Some((user, act)) = asked.user().zip(asked.act()) else { return refusal(Code::NotFound) };
    match asked.state.accounts.admin_user_for(&asked.ctx, user, act).await {
        Ok(found) => asked.page(|site| app::admin_act_document(site, found, act)),
        Err(error) => asked.refused(error),
    }
}

async fn invite(asked: Asked) -> Response {
    asked.page(app::admin_invite_document)
}

async fn invitations(asked: Asked) -> Response {
    let (request, found) = match asked.query::<PageRequest>(&PageRequest::default().fields()) {
        Ok(request) => (request.clone(), asked.state.accounts.invitations(&asked.ctx, request).await),
        Err(broken) => (PageRequest::default(), Err(broken)),
    };
    asked.list(found, |site, found| app::admin_invitations_document(site, request, found))
}

#[cfg(test)]
mod tests {
    use app::routes::DOCUMENTS;
    use std::collections::BTreeSet;

    /// A page that is not in the list has no guard but its own.
    #[test]
    fn every_page_here_is_guarded_as_one_of_admins() {
        let routes = include_str!("admin.rs").split(".route(\"").skip(1);
        let routes =
            routes.filter_map(|rest| rest.split('"').next()).filter(|path| *path != "/admin/style.css");
        let guarded = DOCUMENTS.iter().map(|page| page.path);
        assert_eq!(routes.collect::<BTreeSet<_>>(), guarded.collect());
    }
}
