use serde::{Deserialize, Serialize};

/// What the owner of this copy configured and every page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppSettings {
    /// `APP_NAME`: no page says another name.
    pub name: String,
    /// `BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `PASSWORD_MIN_LENGTH`, in characters.
    pub password_min: usize,
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            name: "Doorstep".to_owned(),
            base_url: "http://localhost:8000".to_owned(),
            password_min: domain::PASSWORD_MIN,
        }
    }
}
