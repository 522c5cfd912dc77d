//! The last mail to the owner of an account that closes, some days before its end.

use super::letter::Letter;
use super::not_me::NotMeLink;
use super::prepare::{Prepared, address_of};
use crate::{Accounts, Error};
use domain::Purpose;
use store::Tx;
use store::outbox::DueMail;
use store::users::User;
use time::OffsetDateTime;

impl Accounts {
    /// Nothing where the account was restored or deleted meanwhile. A link that takes it back goes to a proven address: that
    /// of the first mail may be lost by now.
    pub(super) async fn prepare_closes_soon(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        user: Option<&User>,
        closes_at: i64,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let closes = instant(closes_at)?;
        let is_end = |end: OffsetDateTime| end.unix_timestamp() == closes_at;
        let Some(user) = user.filter(|user| user.closes_at.is_some_and(is_end)) else { return Ok(None) };
        let mut link = None;
        if user.email_verified {
            let token = self.token_of(tx, due, (Purpose::NotMe, None), user, now).await?;
            let Some(token) = token else { return Ok(None) };
            link = Some(self.not_me_link(&token, Some(closes), now)?);
        }
        let (sign_in, not_me) = (self.page_url("login"), link.as_ref().map(NotMeLink::shown));
        let letter = self.compose(&Letter::ClosesSoon { closes, sign_in: &sign_in, not_me })?;
        let message = self.message(due, address_of(user).shown, letter);
        Ok(Some(Prepared { message, token: link.map(|link| link.sent()) }))
    }
}

/// A moment that a waiting mail keeps.
pub(super) fn instant(seconds: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(Error::internal)
}
