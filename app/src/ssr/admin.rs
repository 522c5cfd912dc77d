//! What an admin's form does, and where it leads.

use super::{context, redirect};
use crate::AppError;
use domain::{AdminAct, AdminActForm};

/// Does it; answers the link, where one was made.
///
/// # Errors
/// As [`accounts::Accounts::act_on_user`].
pub async fn act(form: AdminActForm) -> Result<String, AppError> {
    let (accounts, ctx) = context()?;
    let gone = form.act == AdminAct::Delete.as_str();
    let page = if gone { "/admin/users".to_owned() } else { format!("/admin/users/{}", form.user) };
    let link = accounts.act_on_user(&ctx, form).await?;
    redirect(&page);
    Ok(link.map(|link| link.url).unwrap_or_default())
}
