//! In development a refusal by the password policy names the variable that sets it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::{FieldError, Problem};
use edge::problem::refusal;

pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let mut problem = problem.clone();
    let Some((at, name)) =
        problem.errors.iter().enumerate().find_map(|(at, error)| Some((at, variable(error)?)))
    else {
        return response;
    };
    let hint = format!(" ({name} sets this.)");
    problem.errors[at].message.push_str(&hint);
    refusal(problem)
}

fn variable(error: &FieldError) -> Option<&'static str> {
    match (error.field.as_str(), error.code.as_str()) {
        ("password" | "new_password", "too_short") => Some("PASSWORD_MIN_LENGTH"),
        ("password" | "new_password", "too_weak") => Some("PASSWORD_MIN_SCORE"),
        _ => None,
    }
}
