use serde::{Deserialize, Serialize};

/// What carries a session's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// The cookie of the pages.
    Browser,
    /// The `Authorization` header.
    Bearer,
    /// The cookie of the API's cookie family, which no page takes.
    ApiCookie,
}

impl SessionKind {
    /// The word that the API and the database use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Bearer => "bearer",
            Self::ApiCookie => "api_cookie",
        }
    }
}
