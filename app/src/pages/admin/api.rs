//! The server functions of these pages.

use crate::AppError;
use domain::{AdminActForm, InviteForm, MadeLink, RevokeForm};
use leptos::prelude::*;

/// Does something to an account that needs no second question.
#[server(prefix = "/fn", endpoint = "admin/act")]
pub async fn act_on_user(form: AdminActForm) -> Result<(), AppError> {
    crate::ssr::admin::act(domain::Asking::Once, form).await.map(drop)
}

/// Does something to an account that was named in full and asked for once more.
#[server(prefix = "/fn", endpoint = "admin/confirmed")]
pub async fn act_on_user_as_confirmed(form: AdminActForm) -> Result<(), AppError> {
    crate::ssr::admin::act(domain::Asking::Twice, form).await.map(drop)
}

/// Makes a link to choose a new password, and answers it.
#[server(prefix = "/fn", endpoint = "admin/link")]
pub async fn make_reset_link(form: AdminActForm) -> Result<Option<MadeLink>, AppError> {
    crate::ssr::admin::act(domain::Asking::ForALink, form).await
}

/// Invites somebody; answers the link where no mail brings it.
#[server(prefix = "/fn", endpoint = "admin/invite")]
pub async fn invite_somebody(form: InviteForm) -> Result<Option<MadeLink>, AppError> {
    use crate::ssr::{admin, context, redirect};
    let (accounts, ctx) = context()?;
    let link = accounts.invite_by(&ctx, form).await?;
    redirect("/admin/invitations");
    Ok(link.map(admin::made))
}

/// Takes an invitation back.
#[server(prefix = "/fn", endpoint = "admin/invitations/revoke")]
pub async fn revoke_invitation(form: RevokeForm) -> Result<(), AppError> {
    use crate::ssr::{context, refusal};
    use domain::Code;
    let (accounts, ctx) = context()?;
    let own = [(Code::ChangedMeanwhile, words::admin_invitations::ended())];
    accounts.revoke_invitation_by(&ctx, form).await.map_err(|error| refusal(error, &own))
}
