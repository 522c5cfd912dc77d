//! In development a refusal by the password policy names the variable that sets it.

use axum::response::Response;
use domain::{FieldMessage, ProblemDocument};
use edge::problem::answer;

pub(super) fn hinted(response: Response) -> Response {
    let Some(problem) = response.extensions().get::<ProblemDocument>() else { return response };
    let mut problem = problem.clone();
    let Some((at, name)) =
        problem.errors.iter().enumerate().find_map(|(at, error)| Some((at, variable(error)?)))
    else {
        return response;
    };
    let message = &mut problem.errors[at].message;
    *message = format!("{message} {}", words::call::set_by(name));
    answer(problem)
}

fn variable(error: &FieldMessage) -> Option<&'static str> {
    match (error.field.as_str(), error.code.as_str()) {
        ("password" | "new_password", "too_short") => Some("PASSWORD_MIN_LENGTH"),
        ("password" | "new_password", "too_weak") => Some("PASSWORD_MIN_SCORE"),
        _ => None,
    }
}
