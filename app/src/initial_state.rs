use crate::settings::AppSettings;
use crate::ui::Flash;
use domain::Viewer;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a page knows from its first byte on. The server puts it into the context, and the browser reads it from the
/// document, so that hydration agrees with the HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialState {
    /// The owner's settings.
    pub settings: AppSettings,
    /// Who looks at the page.
    #[serde(default)]
    pub viewer: Option<Viewer>,
    /// The message of the last plain form post.
    pub flash: Flash,
    /// Whether a form that was sent after its session had ended waits for a new sign-in.
    pub unsent: Unsent,
    /// For the sign-up form of a document that has one.
    pub nonce: SignUpNonce,
}

/// What tells a sign-up form from all others. A page that the program shows without loading a document has none: its
/// form is an ordinary one.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUpNonce(pub String);

impl fmt::Debug for SignUpNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignUpNonce(…)")
    }
}

/// Whether a form that was sent after its session had ended waits for a new sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsent {
    /// None does.
    #[default]
    Nothing,
    /// One does, with what was typed.
    Text,
    /// One does that held only passwords, which are not kept.
    Passwords,
    /// One does, but its text could not be kept.
    Lost,
}

/// A word for the page's viewer that does not reveal who it is: the document's scripts compare it with a later one.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionState(pub(crate) String);
