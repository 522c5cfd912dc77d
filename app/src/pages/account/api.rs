//! The server functions of this page.

use crate::AppError;
use domain::{ProfileForm, ProfileView};
use leptos::prelude::*;

/// The caller's profile.
#[server(prefix = "/fn", endpoint = "profile/load")]
pub async fn load_profile() -> Result<ProfileView, AppError> {
    use crate::ssr::{fail, here};
    let (accounts, ctx) = here()?;
    accounts.profile(&ctx).await.map_err(fail)
}

/// Changes the fields given.
#[server(prefix = "/fn", endpoint = "profile/save")]
pub async fn save_profile(form: ProfileForm) -> Result<ProfileView, AppError> {
    use crate::ssr::{fail, here};
    let (accounts, ctx) = here()?;
    accounts.save_profile(&ctx, form).await.map_err(fail)
}
