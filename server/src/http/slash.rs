//! A path with slashes at its end, as many clients of FastAPI send them, leads to the one without.

use super::redirect::see_other;
use app::routes::every_page;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderValue, Method, StatusCode, Uri};
use std::sync::{Arc, LazyLock};

type List = LazyLock<Vec<String>, Box<dyn FnOnce() -> Vec<String> + Send>>;

/// Every path of the API, as its description writes it.
#[derive(Clone)]
pub(crate) struct ApiPaths(Arc<List>);

impl ApiPaths {
    /// The list is made on first use.
    pub(crate) fn new(list: impl FnOnce() -> Vec<String> + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(list))))
    }

    /// 307 to the path without its slashes, if it is one of the API's: method, body and query stay as they are.
    pub(crate) fn without_slash(&self, uri: &Uri) -> Option<Response> {
        let path = trimmed(uri.path())?;
        self.0.iter().find(|known| fits(known, path))?;
        let location = HeaderValue::from_str(&with_query(path, uri)).ok()?;
        Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response())
    }
}

pub(crate) async fn middleware(State(calls): State<ApiPaths>, request: Request, next: Next) -> Response {
    let (uri, reads) = (request.uri(), matches!(*request.method(), Method::GET | Method::HEAD));
    let page = trimmed(uri.path()).filter(|path| every_page().any(|page| page.path == *path));
    // A page's path may be the API's too, for methods that write.
    let call = calls.without_slash(uri).filter(|_| !reads || page.is_none());
    let page = page.map(|path| see_other(&with_query(path, uri)));
    match call.or(page) {
        Some(answer) => answer,
        None => next.run(request).await,
    }
}

fn with_query(path: &str, uri: &Uri) -> String {
    uri.query().map_or(path.to_owned(), |query| format!("{path}?{query}"))
}

/// The path without the slashes at its end, if there are any.
fn trimmed(path: &str) -> Option<&str> {
    let short = path.trim_end_matches('/');
    (short.len() < path.len() && !short.is_empty()).then_some(short)
}

/// Whether a path is one of these, whatever stands in place of its parameters.
fn fits(known: &str, path: &str) -> bool {
    let same = |(known, part): (&str, &str)| known == part || (known.starts_with('{') && !part.is_empty());
    known.split('/').count() == path.split('/').count() && known.split('/').zip(path.split('/')).all(same)
}
