use crate::UserId;
use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

/// What to call somebody: the name, else first and last name, else nothing.
#[must_use]
pub fn display_name(name: Option<&str>, first: Option<&str>, last: Option<&str>) -> Option<String> {
    let whole = || [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Some(name.map_or_else(whole, str::to_owned)).filter(|name| !name.is_empty())
}

/// The signed-in person as every page's header shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Whose account this is.
    pub id: UserId,
    /// The address as it was typed at sign-up.
    pub email: String,
    /// The display name, if the person gave one.
    #[serde(default)]
    pub name: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// Whether they may so far do no more than prove their address, change it or sign out. A server of before that
    /// setting does not say it.
    #[serde(default)]
    pub must_prove: bool,
}

impl Viewer {
    /// What to call the person: the name, else the address.
    #[must_use]
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Viewer, display_name};
    use crate::UserId;
    use uuid::Uuid;

    #[test]
    fn the_viewer_of_an_older_server_reads_the_same_fields() {
        let viewer = Viewer {
            id: UserId(Uuid::nil()),
            email: "ana@example.com".into(),
            name: None,
            role: Role::User,
            must_prove: false,
        };
        let json = r#"{"id":"00000000-0000-0000-0000-000000000000","email":"ana@example.com","name":null,"role":"user"}"#;
        assert_eq!(serde_json::from_str::<Viewer>(json).unwrap(), viewer);
        let newer = json.replace('}', r#","must_prove":false}"#);
        assert_eq!(serde_json::to_string(&viewer).unwrap(), newer);
    }

    #[test]
    fn a_name_falls_back_to_first_and_last() {
        assert_eq!(display_name(Some("Ana"), Some("A"), Some("B")).as_deref(), Some("Ana"));
        assert_eq!(display_name(None, Some("A"), Some("B")).as_deref(), Some("A B"));
        assert_eq!(display_name(None, None, Some("B")).as_deref(), Some("B"));
        assert_eq!(display_name(None, None, None), None);
    }
}
