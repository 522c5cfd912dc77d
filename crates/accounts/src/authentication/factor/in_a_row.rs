//! Wrong codes in a row at one account's authenticator app, over all sign-ins and sessions of strangers (NIST 800-63B-4,
//! section 3.2.2: no more than a hundred).

use crate::limits::key::key;
use crate::{Accounts, Error, RequestCtx, limits};
use domain::{FactorCode, UserId};
use store::throttle::{Counted, Key, UsedUp};

impl Accounts {
    /// Counts a code of an app as wrong until it has proven right; says what that forgives. After a hundred no code of the
    /// app counts for a day, except from known devices: whoever guesses there has a device of the owner. Recovery codes do.
    pub(crate) async fn count_in_a_row(
        &self,
        ctx: &RequestCtx,
        user: UserId,
        code: &FactorCode,
    ) -> Result<Vec<Key>, Error> {
        let is_app = matches!(code, FactorCode::Totp(_));
        if !is_app || self.known_device(&ctx.client, Some(user)).await?.is_some() {
            return Ok(Vec::new());
        }
        let row =
            ["codes in a row of", "codes in a row of the account"].map(|of| key(of, &[user.0.as_bytes()]));
        let [one, other] = &row;
        let (delays, memory) = (&limits::CODES_IN_A_ROW, limits::FAILURES_COUNT_FOR);
        let (counted, _) = self.counts().fail((one, other), delays, memory, self.moment(ctx.now)).await?;
        match counted {
            Counted::Neither { wait } => self.refuse_throttled(ctx, UsedUp { key: *one, wait }).await,
            Counted::Both | Counted::NameAlone => Ok(row.to_vec()),
        }
    }
}
