//! A refusal as a page, for whoever reads HTML: same status, same headers, words for a person.

use super::{headers, time_limit, wants_html};
use crate::{AppState, rest};
use app::forms::FORMS;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use domain::{Code, Problem};
use edge::problem::refusal;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use leptos::config::LeptosOptions;
use std::sync::Arc;

pub(super) async fn middleware(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let html = wants_html(request.headers()) && !rest::owns(state.compat, request.method(), request.uri());
    let retry = html.then(|| retry(&request));
    let response = time_limit(state.request_timeout, request, next).await;
    let known = response.extensions().get::<Problem>().cloned();
    let Some(problem) = known.clone().or_else(|| bare(&response)) else { return response };
    let answer = match (retry, known) {
        (Some(retry), _) => page(&state, problem, &retry),
        (None, Some(_)) => return response,
        (None, None) => refusal(problem),
    };
    keep(response.headers(), answer)
}

/// An error without a body, as layers and file services make them.
fn bare(response: &Response) -> Option<Problem> {
    if response.headers().contains_key(CONTENT_TYPE) {
        return None;
    }
    let code = match response.status() {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        // Without codes of their own: a client that asks so reads the status.
        status @ (StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE) => {
            return Some(Problem { status: status.as_u16(), ..Code::Unreadable.into() });
        }
        status if status.is_server_error() => Code::Internal,
        _ => return None,
    };
    Some(code.into())
}

fn page(state: &AppState, problem: Problem, retry: &str) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let html = app::failure_document(LeptosOptions::clone(&state.site), &state.app, problem, retry);
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().extend(headers::page_policy(state, None));
    response
}

/// Cookies, `Allow`, `Retry-After` and the like stay.
fn keep(before: &HeaderMap, mut answer: Response) -> Response {
    let own: Vec<_> = answer.headers().keys().cloned().chain([CONTENT_TYPE, CONTENT_LENGTH]).collect();
    let kept = before.iter().filter(|(name, _)| !own.contains(name));
    kept.for_each(|(name, value)| _ = answer.headers_mut().append(name, value.clone()));
    answer
}

/// Where "Try again" leads: the page itself, or the page of the form that was posted.
fn retry(request: &Request) -> String {
    let path = request.uri().path();
    if request.method() != Method::GET {
        return FORMS.iter().find(|form| form.function == path).map_or("/", |form| form.page).to_owned();
    }
    let whole = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
    domain::safe_next(whole).unwrap_or("/").to_owned()
}
