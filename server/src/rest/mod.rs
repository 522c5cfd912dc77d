//! The API: the same use cases over HTTP for programs. One file a resource; a handler gets its context, calls
//! one use case and shapes the answer.

mod input;

use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use edge::problem::{problem, refusal};

/// Why a call was refused, as its problem document.
pub(crate) struct Refusal(Problem);

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
