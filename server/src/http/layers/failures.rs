//! A refusal as a page, for clients that accept HTML: same status, same headers, words for a person.

use crate::http::document::document;
use crate::http::negotiation::wants_html;
use crate::http::paths;
use crate::state::AppState;
use app::forms::FORMS;
use axum::extract::Request;
use axum::response::Response;
use domain::{Code, ProblemDocument};
use edge::problem::{answer, refusal};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use leptos::config::LeptosOptions;

/// What a refusal of a request is to be: with where "Try again" leads a page, else a document.
pub(super) struct Failures(Option<String>);

impl Failures {
    pub(super) fn of(state: &AppState, request: &Request) -> Self {
        let api = || paths::is_api(state.compat, request.method(), request.uri().path());
        let html = wants_html(request.headers()) && !api();
        Self(html.then(|| retry(request)))
    }

    pub(super) fn shown(self, state: &AppState, response: Response) -> Response {
        let known = response.extensions().get::<ProblemDocument>().cloned();
        let Some(problem) = known.clone().or_else(|| bare(&response)) else { return response };
        let answered = match (self.0, known) {
            (Some(retry), _) => page(state, problem, &retry),
            (None, Some(_)) => return response,
            (None, None) => answer(problem),
        };
        keep(response.headers(), answered)
    }
}

/// An error without a body, as layers and file services make them.
fn bare(response: &Response) -> Option<ProblemDocument> {
    if response.headers().contains_key(CONTENT_TYPE) {
        return None;
    }
    let code = match response.status() {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        // They have no code of their own: such a client reads the status.
        status @ (StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE) => {
            return Some(ProblemDocument {
                status: status.as_u16(),
                ..words::code_document(Code::Unreadable)
            });
        }
        status if status.is_server_error() => Code::Internal,
        _ => return None,
    };
    Some(words::code_document(code))
}

fn page(state: &AppState, problem: ProblemDocument, retry: &str) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let html = app::failure_document(LeptosOptions::clone(&state.site), &state.app, problem, retry);
    let mut response = document(state, html);
    *response.status_mut() = status;
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
        let page = FORMS.iter().find(|form| form.function == path).map_or("/", |form| form.page);
        // Above the page that is about somebody: nobody knows here whom.
        return page.split_once("/{").map_or(page, |(above, _)| above).to_owned();
    }
    let whole = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
    domain::safe_next(whole).unwrap_or("/").to_owned()
}

/// The panic hook has logged the details; the answer says only that something broke.
pub(super) fn panicked() -> Response {
    refusal(Code::Internal)
}
