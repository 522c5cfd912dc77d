//! Mails for accounts to be made: of a sign-up (a link where the address has no account, the ways in where it has one),
//! and of an invitation.

use super::letter::Letter;
use super::prepare::{Prepared, hours, live_carried};
use crate::identifier::Address;
use crate::one_time::{NewToken, PendingAccount};
use crate::{Accounts, Error, Signup, identifier};
use domain::{Purpose, Role};
use store::Tx;
use store::one_time_tokens::{self, OneTimeToken, Owner};
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
        if self.settings().signup == Signup::Closed {
            return Ok(None);
        }
        let token = if due.token.is_some() {
            live_carried(tx, due, now).await?
        } else {
            self.begin_pending(tx, due, &email, account, now).await?
        };
        self.sign_up_message(due, token, now)
    }

    /// The token of a pending account. Of several for one address the one that was asked for last counts, in whatever
    /// order their mails are made; the other's mail is not sent.
    async fn begin_pending(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        email: &Address,
        account: &PendingAccount,
        now: OffsetDateTime,
    ) -> Result<Option<OneTimeToken>, Error> {
        let owner = Owner { user: None, email_canonical: &email.canonical };
        let asked_at = due.created_at;
        let live = one_time_tokens::live(tx, Purpose::SignUp, owner, now).await?;
        if live.is_some_and(|live| live.created_at > asked_at) {
            return Ok(None);
        }
        let detail = serde_json::to_vec(account).map_err(Error::internal)?;
        let new = NewToken { purpose: Purpose::SignUp, user: None, email, detail: Some(&detail) };
        let mut token = self.mint(tx, &new, asked_at).await?;
        // Another server made one at the same moment. That of an earlier request ends; a later one's counts.
        while token.created_at < asked_at {
            token = self.mint(tx, &new, asked_at).await?;
        }
        if token.created_at > asked_at {
            return Ok(None);
        }
        outbox::set_token(tx, due.id, Some(token.id)).await?;
        Ok(Some(token))
    }

    /// The mail of a sign-up that waits for its proof once more, with the same link.
    pub(super) async fn prepare_sign_up_again(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        canonical: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        if self.settings().signup == Signup::Closed {
            return Ok(None);
        }
        let owner = Owner { user: None, email_canonical: canonical };
        let token = match due.token {
            Some(_) => live_carried(tx, due, now).await?,
            None => one_time_tokens::live(tx, Purpose::SignUp, owner, now).await?,
        };
        if let Some(token) = &token {
            outbox::set_token(tx, due.id, Some(token.id)).await?;
        }
        self.sign_up_message(due, token, now)
    }

    fn sign_up_message(
        &self,
        due: &DueMail,
        token: Option<OneTimeToken>,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
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
        let token = live_carried(tx, due, now).await?;
        self.with_link(due, token, Purpose::Invite, now, |link, left| {
            let (link, code, days) = (&link.url, &link.code, hours(left).div_ceil(24));
            self.compose(&Letter::Invite { link, code, days, role_is_admin: role == Role::Admin })
        })
    }
}
