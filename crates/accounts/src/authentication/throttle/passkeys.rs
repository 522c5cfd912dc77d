use super::Budget;
use crate::limits::key::key;
use crate::{Accounts, Error, Member, RequestCtx, limits};
use store::throttle::Key;

impl Accounts {
    /// Counts that an account begins to set a second factor up, whatever comes of it. A session without a recent sign-in uses
    /// nothing up.
    pub(in crate::authentication) async fn admit_factor_setup(
        &self,
        ctx: &RequestCtx,
        member: &Member,
    ) -> Result<(), Error> {
        self.need_recent_sign_in(&self.own_account(member).await?, member, ctx).await?;
        let key = key("second factors set up in", &[member.user.0.as_bytes()]);
        self.take(ctx, &[Budget { key, bucket: limits::FACTOR_SETUPS_OF_AN_ACCOUNT }]).await
    }

    /// Admits a sign-in by a passkey alone: a known device of the account whose passkey it is has tries of its own first.
    pub(in crate::authentication) async fn admit_passkey(
        &self,
        ctx: &RequestCtx,
        known: Option<Key>,
    ) -> Result<(), Error> {
        let key = known.map(|device| key("sign-in by passkey with", &[&device]));
        if let Some(key) = key
            && self.has_taken(ctx, Budget { key, bucket: limits::SIGN_INS_OF_A_DEVICE }).await?
        {
            return Ok(());
        }
        self.take_sign_in(ctx, ["passkey from", "passkey in an hour from"]).await
    }
}
