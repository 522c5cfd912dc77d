//! What an admin's form does, and where it leads.

use super::{context, redirect};
use crate::AppError;
use accounts::PrintedLink;
use domain::{AdminAct, AdminActForm, Asking, MadeLink};

/// Does it; answers the link, where one was made.
///
/// # Errors
/// As [`accounts::Accounts::act_on_user`].
pub async fn act(asking: Asking, form: AdminActForm) -> Result<Option<MadeLink>, AppError> {
    let (accounts, ctx) = context()?;
    let gone = form.act == AdminAct::Delete.as_str();
    let page = if gone { "/admin/users".to_owned() } else { format!("/admin/users/{}", form.user) };
    let link = accounts.act_on_user(&ctx, asking, form).await?;
    redirect(&page);
    Ok(link.map(made))
}

/// A link as the next page shows it: the code is for those who type.
#[must_use]
pub fn made(PrintedLink { url, expires_at, .. }: PrintedLink) -> MadeLink {
    MadeLink { url, expires_at }
}
