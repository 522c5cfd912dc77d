//! The server functions of this page.

use crate::AppError;
use crate::json::Json;
use domain::LeaveForm;
use leptos::prelude::*;
use leptos::server_fn::codec::Post;
use serde::{Deserialize, Serialize};

/// What leaving means, in words.
#[derive(Debug, Serialize, Deserialize)]
pub struct LeaveText {
    /// The card of the export and of what is kept, as markup.
    pub data: String,
    /// When the account is gone.
    pub grace: String,
    /// Whether its owner cannot restore it: then the address is typed.
    pub at_once: bool,
    /// The version of the account that is shown.
    pub version: String,
}

/// What leaving means.
#[server(prefix = "/fn", endpoint = "leave/load", output = Post<Json>)]
pub async fn load_leave() -> Result<LeaveText, AppError> {
    use crate::ssr::{context, rows};
    let (accounts, ctx) = context()?;
    let domain::LeaveView { grace_days, way_back, kept, version } = accounts.leaving(&ctx).await?;
    let time = words::wait::days(grace_days.into());
    let grace = match (grace_days, way_back) {
        (0, _) => words::leave::no_grace().to_owned(),
        (_, true) => words::leave::grace(&time),
        (_, false) => words::leave::no_way_back(&time),
    };
    // The file is of no use to whoever has to prove their address first: it is for them alone.
    let takes_data = ctx.member().is_ok();
    let at_once = grace_days == 0 || !way_back;
    Ok(LeaveText { data: rows::personal_data(kept, takes_data), grace, at_once, version })
}

/// Deletes the account, and leads to the sign-in page.
#[server(prefix = "/fn", endpoint = "account/delete")]
pub async fn delete_account(#[server(default)] form: LeaveForm) -> Result<(), AppError> {
    use crate::ssr::{clear_session, context, redirect, refusal};
    let (accounts, ctx) = context()?;
    let own = [(domain::Code::ChangedMeanwhile, words::leave::changed())];
    accounts.leave(&ctx, form).await.map_err(|error| refusal(error, &own))?;
    clear_session()?;
    redirect("/login");
    Ok(())
}
