//! The last mail to the owner of an account that closes, some days before its end.

use super::letter::{Letter, NotMe};
use super::prepare::{Prepared, address_of};
use crate::one_time::Link;
use crate::{Accounts, Error, policy};
use domain::Purpose;
use store::Tx;
use store::outbox::DueMail;
use store::users::User;
use time::{Duration, OffsetDateTime};

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
        let lifetime = policy::not_me_lifetime(Some(closes), now);
        let is_end = |end: OffsetDateTime| end.unix_timestamp() == closes_at;
        let Some(user) = user.filter(|user| user.closes_at.is_some_and(is_end)) else { return Ok(None) };
        let mut token = None;
        if user.email_verified {
            token = self.token_of(tx, due, Purpose::NotMe, user, now).await?;
            if token.is_none() {
                return Ok(None);
            }
        }
        let link =
            token.as_ref().map(|token| self.link(Purpose::NotMe, &token.key_id, token.id)).transpose()?;
        let not_me =
            link.as_ref().map(|Link { url, code }| NotMe { link: url, code, days: days_of(lifetime) });
        let sign_in = self.page_url("login");
        let letter = self.compose(&Letter::ClosesSoon { closes, sign_in: &sign_in, not_me })?;
        let message = self.message(due, address_of(user).shown, letter);
        Ok(Some(Prepared { message, token: token.map(|token| (token.id, lifetime)) }))
    }
}

/// How long a link works, in days as a person counts them.
pub(super) fn days_of(lifetime: Duration) -> u64 {
    (lifetime + Duration::hours(12)).whole_days().max(1).unsigned_abs()
}

/// A moment that a waiting mail keeps.
pub(super) fn instant(seconds: i64) -> Result<OffsetDateTime, Error> {
    OffsetDateTime::from_unix_timestamp(seconds).map_err(Error::internal)
}
