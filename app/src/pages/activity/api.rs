//! The server function of this page.

use crate::AppError;
use crate::json::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::Post;

/// What happened to the caller's account, as markup: the page that the address names.
#[server(prefix = "/fn", endpoint = "activity/load", output = Post<Json>)]
pub async fn load_activity() -> Result<String, AppError> {
    use crate::ssr::{context, refusal, rows};
    use domain::{Code, PageRequest};
    let (accounts, ctx) = context()?;
    let form = PageRequest { cursor: rows::cursor(), ..PageRequest::default() };
    let (newest, own) = (form.cursor.is_empty(), [(Code::Invalid, words::activity::no_such_page())]);
    let page = accounts.activity(&ctx, form).await.map_err(|error| refusal(error, &own))?;
    Ok(rows::events(page, newest, &ctx))
}
