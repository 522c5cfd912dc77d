//! The server functions of this page.

use crate::AppError;
use crate::json::Json;
use domain::LeaveView;
use leptos::prelude::*;
use leptos::server_fn::codec::Post;

/// What leaving means.
#[server(prefix = "/fn", endpoint = "leave/load", output = Post<Json>)]
pub async fn load_leave() -> Result<LeaveView, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.leaving(&ctx).await?)
}

/// Deletes the account, and leads to the sign-in page.
#[server(prefix = "/fn", endpoint = "account/delete")]
pub async fn delete_account() -> Result<(), AppError> {
    use crate::ssr::{clear_session, context, redirect};
    let (accounts, ctx) = context()?;
    accounts.delete_me(&ctx, domain::DeletionForm::default()).await?;
    clear_session()?;
    redirect("/login");
    Ok(())
}
