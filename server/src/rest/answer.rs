//! What a handler answers.

use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use edge::problem::{problem, refusal};
use http::StatusCode;

pub(super) type Answer<T> = Result<T, Refusal>;

/// Done, and nothing to say of it.
pub(super) struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// Taken up; what comes of it is told elsewhere, if anything does.
pub(super) struct Accepted;

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        StatusCode::ACCEPTED.into_response()
    }
}

/// Why a call was refused, as its problem document.
pub(super) struct Refusal(Problem);

impl From<accounts::Error> for Refusal {
    fn from(error: accounts::Error) -> Self {
        Self(problem(error))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(code.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refusal(self.0)
    }
}
