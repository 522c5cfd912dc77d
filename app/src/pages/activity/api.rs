//! The server function of this page.

use crate::AppError;
use crate::json::Json;
use crate::rows::Events;
use domain::PageRequest;
use leptos::prelude::*;
use leptos::server_fn::codec::Post;

/// What happened to the caller's account.
#[server(prefix = "/fn", endpoint = "activity/load", output = Post<Json>)]
pub async fn load_activity(form: PageRequest) -> Result<Events, AppError> {
    use crate::ssr::{context, refusal, rows};
    let (accounts, ctx) = context()?;
    let own = [(domain::Code::Invalid, words::activity::no_such_page())];
    let newest = form.cursor.is_empty();
    let page = accounts.activity(&ctx, form).await.map_err(|error| refusal(error, &own))?;
    Ok(rows::events(page, newest, &ctx))
}
