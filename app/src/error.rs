//! The one error that server functions answer with.

use crate::json::Json;
use domain::{Code, ProblemDocument};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A problem on its way through Leptos; on the wire it is the problem document itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub ProblemDocument);

/// What the program finds by itself, with no answer of ours. The server sends all other problems with their sentences,
/// which the browser's build does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    OutOfReach,
    OutcomeUnknown,
    Unreadable,
    MethodNotAllowed,
    Internal,
}

impl AppError {
    /// The answer to a call that changes something and failed. If that is no problem document (a proxy's page, say),
    /// nobody knows whether the change was made.
    pub(crate) fn after_sending(answer: &[u8]) -> Self {
        Json::read(answer).unwrap_or_else(|_| Fault::OutcomeUnknown.into())
    }
}

impl From<Fault> for AppError {
    fn from(fault: Fault) -> Self {
        use words::{detail, title};
        let (code, title, detail) = match fault {
            Fault::OutOfReach => (Code::Unavailable, title::out_of_reach(), detail::out_of_reach()),
            Fault::OutcomeUnknown => {
                (Code::OutcomeUnknown, title::outcome_unknown(), detail::outcome_unknown())
            }
            Fault::Unreadable => (Code::Unreadable, title::unreadable(), detail::unreadable()),
            Fault::MethodNotAllowed => {
                (Code::MethodNotAllowed, title::method_not_allowed(), detail::method_not_allowed())
            }
            Fault::Internal => (Code::Internal, title::internal(), detail::internal()),
        };
        Self(ProblemDocument::new(code, title, detail))
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = Json;

    /// Leptos' own words never reach a person. An answer that is no problem document (a proxy's page,
    /// say) and every fault of ours become one friendly sentence.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Fault::OutOfReach.into(),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Fault::Unreadable.into(),
            ServerFnErrorErr::UnsupportedRequestMethod(_) => Fault::MethodNotAllowed.into(),
            _ => Fault::Internal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_as_the_problem_document_itself() {
        let error = AppError(words::code_document(Code::Taken));
        let bytes = error.ser();
        let json: ProblemDocument = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json, error.0);
        assert_eq!(AppError::de(bytes), error);
    }

    #[test]
    fn an_unknown_body_becomes_one_friendly_sentence() {
        let page = "<html>502 Bad Gateway</html>";
        let (loaded, sent) = (AppError::de(page.into()), AppError::after_sending(page.as_bytes()));
        assert_eq!(loaded, Fault::Internal.into());
        assert_eq!(sent, Fault::OutcomeUnknown.into(), "the change may have been made");
        assert!(![loaded, sent].iter().any(|error| error.to_string().contains("expected")));
    }

    #[test]
    fn a_refusal_of_ours_is_believed_after_sending() {
        let error = AppError(words::code_document(Code::Taken));
        assert_eq!(AppError::after_sending(&error.ser()), error);
    }

    #[test]
    fn a_lost_connection_says_that_nothing_was_lost() {
        let error = AppError::from_server_fn_error(ServerFnErrorErr::Request("TypeError: Failed".into()));
        assert_eq!(
            error.to_string(),
            "We couldn't reach the server. What you typed is still here. Check your connection and try again."
        );
    }
}
