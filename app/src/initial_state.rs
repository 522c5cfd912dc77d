use crate::settings::AppSettings;
use crate::ui::Flash;
use domain::Viewer;
use serde::{Deserialize, Serialize};

/// What a page knows from its first byte on: the server puts it into the context, and the browser
/// reads the same out of the document, so that hydration agrees with the HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialState {
    /// The owner's settings.
    pub settings: AppSettings,
    /// Who looks at the page.
    pub viewer: Option<Viewer>,
    /// What the last plain form post left to say.
    pub flash: Flash,
    /// Whether a form that was sent after its session had ended waits for a new sign-in.
    pub unsent: Unsent,
}

/// Whether a form that was sent after its session had ended waits for a new sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsent {
    /// None does.
    #[default]
    Nothing,
    /// One does, with what was typed.
    Text,
    /// One does that held passwords alone, which nobody keeps.
    Passwords,
    /// One does of which nothing that was typed could be kept.
    Lost,
}

/// Whose page it is, in a word that tells nobody who: the document's scripts compare it with what is true later.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionState(pub(crate) String);
