//! The pages of admins.

use super::member_document::DocumentRequest;
use crate::download::Download;
use crate::http::body;
use crate::state::AppState;
use accounts::{AuditFormat, Error};
use app::DocumentContext;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{
    Addresses, AdminAct, Asking, AuditQuery, AuditSearch, AuditView, Code, FieldError, FormReason,
    PageRequest, ProblemDocument, Reason, UserId, UserQuery,
};
use edge::problem::{problem, refusal};
use http::header::CONTENT_TYPE;
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

impl DocumentRequest {
    /// Whatever let the request in, an admin alone is shown a page.
    fn page(self, draw: impl FnOnce(DocumentContext) -> String) -> Response {
        if let Err(error) = self.ctx.admin() {
            return self.refused(error);
        }
        self.draw(draw)
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
        draw: impl FnOnce(DocumentContext, Result<P, ProblemDocument>) -> String,
    ) -> Response {
        match found {
            Ok(page) => self.page(|context| draw(context, Ok(page))),
            Err(error @ Error::Invalid(_)) => {
                let problem = words::document(&problem(error));
                self.page(|context| draw(context, Err(problem)))
            }
            Err(error) => self.refused(error),
        }
    }
}

async fn figures(asked: DocumentRequest) -> Response {
    match asked.state.accounts.admin_figures(&asked.ctx).await {
        Ok(figures) => asked.page(|context| app::admin_figures_document(context, figures)),
        Err(error) => asked.refused(error),
    }
}

async fn audit(asked: DocumentRequest) -> Response {
    let (search, found) = match asked.query::<AuditSearch>(&AuditSearch::default().fields()) {
        Ok(search) => (search.clone(), asked.state.accounts.search_audit(&asked.ctx, &search).await),
        Err(broken) => (AuditSearch::default(), Err(broken)),
    };
    let found = match found {
        Ok(page) => asked.addresses_in(&page.items).await.map(|addresses| (page, addresses)),
        Err(error) => Err(error),
    };
    asked.list(found, |context, found| app::admin_audit_document(context, search, found))
}

/// The file of the audit trail's page. It writes nothing.
pub(crate) async fn download(asked: DocumentRequest) -> Response {
    let search = asked.query::<AuditSearch>(&AuditSearch::default().fields());
    let csv = asked.query.split('&').all(|part| part != "format=jsonl");
    let format = if csv { AuditFormat::Csv } else { AuditFormat::JsonLines };
    let page = DocumentRequest { path: "/admin/audit".to_owned(), ..asked };
    let file = match search {
        Ok(search) => page.state.accounts.audit_file(&page.ctx, &search, format).await,
        Err(broken) => Err(broken),
    };
    file.map_or_else(|error| page.refused(error), |file| Download(file).into_response())
}

async fn users(asked: DocumentRequest) -> Response {
    let (query, found) = match asked.query::<UserQuery>(&UserQuery::default().fields()) {
        Ok(query) => (query.clone(), asked.state.accounts.list_users(&asked.ctx, query).await),
        Err(broken) => (UserQuery::default(), Err(broken)),
    };
    asked.list(found, |context, found| app::admin_users_document(context, query, found))
}

async fn user(asked: DocumentRequest) -> Response {
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
            asked.page(|context| app::admin_user_document(context, found, events, addresses))
        }
        Err(error) => asked.refused(error),
    }
}

async fn act(asked: DocumentRequest) -> Response {
    let Some((user, act)) = asked.user().zip(asked.act()) else { return refusal(Code::NotFound) };
    match asked.state.accounts.admin_user_for(&asked.ctx, user, act).await {
        Ok(found) => asked.page(|context| app::admin_act_document(context, found, act)),
        Err(error) => asked.refused(error),
    }
}

async fn invite(asked: DocumentRequest) -> Response {
    asked.page(app::admin_invite_document)
}

async fn invitations(asked: DocumentRequest) -> Response {
    let (request, found) = match asked.query::<PageRequest>(&PageRequest::default().fields()) {
        Ok(request) => (request.clone(), asked.state.accounts.invitations(&asked.ctx, request).await),
        Err(broken) => (PageRequest::default(), Err(broken)),
    };
    asked.list(found, |context, found| app::admin_invitations_document(context, request, found))
}

#[cfg(test)]
mod tests {
    use app::routes::{DOCUMENTS, Guard};
    use std::collections::BTreeSet;

    /// A page that is not in the list has no guard but its own.
    #[test]
    fn every_page_here_is_guarded_as_one_of_admins() {
        let routes = include_str!("admin.rs").split(".route(\"").skip(1);
        let routes =
            routes.filter_map(|rest| rest.split('"').next()).filter(|path| *path != "/admin/style.css");
        let guarded = DOCUMENTS.iter().filter(|page| page.guard == Guard::Admins).map(|page| page.path);
        assert_eq!(routes.collect::<BTreeSet<_>>(), guarded.collect());
    }
}
