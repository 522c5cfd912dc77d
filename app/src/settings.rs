use leptos::prelude::use_context;
use serde::{Deserialize, Serialize};

/// The owner's settings that pages show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct AppSettings {
    /// `APP_NAME`: the only name that pages show.
    pub name: String,
    /// `BASE_URL`, without a slash at its end.
    pub base_url: String,
    /// `PASSWORD_MIN_LENGTH`, in characters.
    pub password_min: usize,
    /// `SIGNUP`: whether strangers may make an account.
    pub signup_open: bool,
    /// `APP_LOGO_FILE`: width and height, in pixels, of what is shown in place of the mark.
    #[serde(default)]
    pub logo: Option<[u32; 2]>,
    /// Whether mail is set up: links and codes come by it.
    pub mail: bool,
    /// Whether passkeys work at `BASE_URL`.
    pub passkeys: bool,
    /// `SIGNUP`: whether an account is made only when its address is proven.
    pub signup_by_mail: bool,
    /// `SIGNUP_FIELDS`: what a sign-up asks for beside address and password.
    #[serde(default)]
    pub signup_fields: SignupFields,
    /// `HOME_URL`: the product's own front page, where it is not ours.
    #[serde(default)]
    pub home_url: Option<String>,
    /// `SUPPORT_URL`: a page or an address to ask for help.
    #[serde(default)]
    pub support_url: Option<String>,
    /// `TERMS_URL`.
    #[serde(default)]
    pub terms_url: Option<String>,
    /// `PRIVACY_URL`.
    #[serde(default)]
    pub privacy_url: Option<String>,
}

/// What a sign-up asks for beside address and password; none of it is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignupFields {
    /// The name.
    pub name: bool,
    /// The username.
    pub username: bool,
}

impl Default for SignupFields {
    fn default() -> Self {
        Self { name: true, username: false }
    }
}

impl AppSettings {
    pub(crate) fn from_context() -> Self {
        use_context().unwrap_or_default()
    }

    /// Where the mark leads.
    #[must_use]
    pub fn home(&self) -> &str {
        self.home_url.as_deref().unwrap_or("/")
    }

    /// `external` keeps the router's hands off a link to [`AppSettings::home`] that leaves these pages.
    #[must_use]
    pub fn home_rel(&self) -> Option<&'static str> {
        self.home_url.as_ref().map(|_| "external")
    }
}

impl Default for AppSettings {
    fn default() -> Self {
        Self {
            name: "Doorstep".to_owned(),
            base_url: "http://localhost:8000".to_owned(),
            password_min: domain::PASSWORD_MIN,
            signup_open: true,
            signup_by_mail: false,
            signup_fields: SignupFields::default(),
            logo: None,
            mail: true,
            passkeys: true,
            home_url: None,
            support_url: None,
            terms_url: None,
            privacy_url: None,
        }
    }
}
