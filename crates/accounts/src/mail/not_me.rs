//! The link that takes an account back, as a mail carries it.

use super::letter::NotMe;
use crate::one_time::Link;
use crate::{Accounts, Error, policy};
use domain::Purpose;
use store::one_time_tokens::OneTimeToken;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Such a link, of this token.
pub(super) struct NotMeLink {
    token: Uuid,
    link: Link,
    lifetime: Duration,
}

impl Accounts {
    /// The link of a token; that of an account that closes works until its end.
    pub(super) fn not_me_link(
        &self,
        token: &OneTimeToken,
        closes_at: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> Result<NotMeLink, Error> {
        let link = self.link(Purpose::NotMe, &token.key_id, token.id)?;
        Ok(NotMeLink { token: token.id, link, lifetime: policy::not_me_lifetime(closes_at, now) })
    }
}

impl NotMeLink {
    /// What a letter says of it.
    pub(super) fn shown(&self) -> NotMe<'_> {
        NotMe { link: &self.link.url, code: &self.link.code, days: days_of(self.lifetime) }
    }

    /// What begins when the mail is sent.
    pub(super) fn sent(&self) -> (Uuid, Duration) {
        (self.token, self.lifetime)
    }
}

/// How long a link works, in days as a person counts them.
fn days_of(lifetime: Duration) -> u64 {
    (lifetime + Duration::hours(12)).whole_days().max(1).unsigned_abs()
}
