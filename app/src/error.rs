//! The one error that server functions answer with.

use domain::{Code, ProblemDocument};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::{Bytes, Decodes};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A problem on its way through Leptos; on the wire it is the problem document itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub ProblemDocument);

impl AppError {
    fn out_of_reach() -> Self {
        Self(ProblemDocument {
            title: words::title::out_of_reach().to_owned(),
            detail: words::detail::out_of_reach().to_owned(),
            ..words::code_document(Code::Unavailable)
        })
    }

    /// The answer to a call that changes something and failed. If that is no problem document (a proxy's page, say),
    /// nobody knows whether the change was made.
    pub(crate) fn after_sending(answer: Bytes) -> Self {
        JsonEncoding::decode(answer).unwrap_or_else(|_| Code::OutcomeUnknown.into())
    }
}

impl From<Code> for AppError {
    fn from(code: Code) -> Self {
        Self(words::code_document(code))
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// Leptos' own words never reach a person. An answer that is no problem document (a proxy's page,
    /// say) and every fault of ours become one friendly sentence.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::out_of_reach(),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Code::Unreadable.into(),
            ServerFnErrorErr::UnsupportedRequestMethod(_) => Code::MethodNotAllowed.into(),
            _ => Code::Internal.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_as_the_problem_document_itself() {
        let error = AppError::from(Code::Taken);
        let bytes = error.ser();
        let json: ProblemDocument = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json, error.0);
        assert_eq!(AppError::de(bytes), error);
    }

    #[test]
    fn an_unknown_body_becomes_one_friendly_sentence() {
        let page = "<html>502 Bad Gateway</html>";
        let (loaded, sent) = (AppError::de(page.into()), AppError::after_sending(page.into()));
        assert_eq!(loaded, Code::Internal.into());
        assert_eq!(sent, Code::OutcomeUnknown.into(), "the change may have been made");
        assert!(![loaded, sent].iter().any(|error| error.to_string().contains("expected")));
    }

    #[test]
    fn a_refusal_of_ours_is_believed_after_sending() {
        let error = AppError::from(Code::Taken);
        assert_eq!(AppError::after_sending(error.ser()), error);
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
