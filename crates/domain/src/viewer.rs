use crate::UserId;
use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everyone who signs up.
    User,
    /// May manage other accounts.
    Admin,
}

impl Role {
    /// The word that the API and the database use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// The signed-in person as every page's header shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Whose account this is.
    pub id: UserId,
    /// The address as it was typed at sign-up.
    pub email: String,
    /// The display name, if the person gave one.
    pub name: Option<String>,
    /// What the person may do.
    pub role: Role,
}

impl Viewer {
    /// What to call the person: the name, else the address.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }
}
