//! Mails for accounts to be made: of a sign-up (a link where the address has no account, the ways in where it has one),
//! and of an invitation.

use super::letter::Letter;
use super::prepare::{Prepared, hours};
use crate::one_time::{NewToken, PendingAccount};
use crate::{Accounts, Error, identifier};
use domain::{Purpose, Role};
use store::Tx;
use store::one_time_tokens::{self, OneTimeToken};
use store::outbox::{self, DueMail};
use time::OffsetDateTime;

impl Accounts {
    /// A later sign-up for the same address starts afresh: the link of the earlier one ends.
    pub(super) async fn prepare_sign_up(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        email: &str,
        account: &PendingAccount,
        is_known: bool,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let email =
            identifier::address(email).ok_or_else(|| Error::internal("a sign-up without an address"))?;
        if is_known {
            let message = self.already_registered(due, email.shown)?;
            return Ok(Some(Prepared { message, token: None }));
        }
        let token = if due.token.is_some() {
            carried(tx, due, now).await?
        } else {
            let detail = serde_json::to_vec(account).map_err(Error::internal)?;
            let new = NewToken { purpose: Purpose::SignUp, user: None, email: &email, detail: Some(&detail) };
            let token = self.mint(tx, &new, now).await?;
            outbox::set_token(tx, due.id, Some(token.id)).await?;
            Some(token)
        };
        self.with_link(due, token, Purpose::SignUp, now, |link, left| {
            self.compose(&Letter::SignUp { link: &link.url, code: &link.code, hours: hours(left) })
        })
    }

    pub(super) async fn prepare_invitation(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        role: Role,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let token = carried(tx, due, now).await?;
        self.with_link(due, token, Purpose::Invite, now, |link, left| {
            let (link, code, days) = (&link.url, &link.code, hours(left).div_ceil(24));
            self.compose(&Letter::Invite { link, code, days, role_is_admin: role == Role::Admin })
        })
    }
}

/// The token that a mail carries, while it may be used.
async fn carried(tx: &mut Tx, due: &DueMail, now: OffsetDateTime) -> Result<Option<OneTimeToken>, Error> {
    let Some(id) = due.token else { return Ok(None) };
    Ok(one_time_tokens::by_id(tx, id).await?.filter(|token| token.expires_at > now))
}
