//! What a handler answers.

use accounts::PendingSignIn;
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use edge::problem::{problem, refusal, second_factor_needed};
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
pub(super) enum Refusal {
    For(Problem),
    /// The sign-in waits for its second factor.
    Waits(PendingSignIn),
}

impl From<accounts::Error> for Refusal {
    fn from(error: accounts::Error) -> Self {
        match error {
            accounts::Error::SecondFactorNeeded(pending) => Self::Waits(pending),
            error => Self::For(problem(error)),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::For(problem)
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::For(code.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::For(problem) => refusal(problem),
            Self::Waits(pending) => second_factor_needed(&pending),
        }
    }
}
