//! The server function of every page that asks for a passkey.

use crate::AppError;
use domain::PasskeyOptionsForm;
use leptos::prelude::*;
use serde_json::Value;

/// What `navigator.credentials` is to be asked, with a challenge for this browser; the script asks for it.
#[server(prefix = "/fn", endpoint = "passkey/options")]
pub async fn passkey_options(form: PasskeyOptionsForm) -> Result<Value, AppError> {
    crate::ssr::passkey::options(&form).await
}
