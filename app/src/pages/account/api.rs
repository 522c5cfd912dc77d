//! The server functions of this page.

use crate::AppError;
use crate::json::Json;
use domain::{ProfileForm, ProfileView};
use leptos::prelude::*;
use leptos::server_fn::codec::Post;

/// The caller's profile.
#[server(prefix = "/fn", endpoint = "profile/load", output = Post<Json>)]
pub async fn load_profile() -> Result<ProfileView, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.profile(&ctx).await?)
}

/// Changes the fields given.
#[server(prefix = "/fn", endpoint = "profile/save")]
pub async fn save_profile(form: ProfileForm) -> Result<ProfileView, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.save_profile(&ctx, form).await?)
}
