//! Trusted browsers: known ones from which the password alone signs in for a while, though the account has a second factor.
//! Every end of all other sessions ends it (`store::sessions`), and so does any change of the factors.

use crate::audit::Event;
use crate::authentication::attempt::{IfBarred, ProvenAttempt};
use crate::authentication::establish::{Goal, Transport};
use crate::authentication::known_device::device;
use crate::{Accounts, Error, RawToken, RequestCtx, policy};
use domain::{Factor, UserId};
use store::{Tx, known_devices};

impl Accounts {
    /// Trusts the browser of a sign-in, which is known by then by a new token; the one of before is known no longer.
    pub(super) async fn trust_browser(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &RawToken,
        user: UserId,
    ) -> Result<(), Error> {
        if let Some(before) = &ctx.client.device {
            known_devices::forget_token(tx, &device(before), user).await?;
        }
        let until = self.inner.database_clock.time(ctx.now) + policy::BROWSER_IS_TRUSTED_FOR;
        known_devices::trust(tx, &device(token), user, until).await?;
        self.audit(tx, &ctx.as_stranger(), Some(user), Event::BrowserTrusted).await
    }

    /// Whether the password alone is enough here. It never restores an account that closes.
    pub(super) async fn is_trusted_browser(
        &self,
        ctx: &RequestCtx,
        ProvenAttempt { tx, user, proofs, .. }: &mut ProvenAttempt,
        goal: &Goal<'_>,
    ) -> Result<bool, Error> {
        let proven: Vec<Factor> = proofs.iter().map(|proof| proof.factor).collect();
        let may_be = matches!(goal.transport, Transport::Browser { .. })
            && goal.if_barred != IfBarred::Restore
            && policy::may_be_trusted(user.role, &proven);
        let Some(token) = ctx.client.device.as_ref().filter(|_| may_be) else { return Ok(false) };
        let now = self.inner.database_clock.time(ctx.now);
        Ok(known_devices::is_trusted(tx, &device(token), user.id, now).await?)
    }
}
