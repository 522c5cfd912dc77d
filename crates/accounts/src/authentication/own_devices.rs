//! An account's known devices, for their owner.

use crate::audit::Event;
use crate::authentication::known_device::device;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx};
use domain::{DeviceId, KnownDeviceView, Role};
use store::known_devices::{self, KnownDevice};
use store::throttle::Key;
use time::OffsetDateTime;

impl Accounts {
    /// The caller's own known devices, the last used first.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn known_devices(&self, ctx: &RequestCtx) -> Result<Vec<KnownDeviceView>, Error> {
        let member = ctx.member()?;
        let current = ctx.client.device.as_ref().map(device);
        let devices = known_devices::list(self.store(), member.user).await?;
        let now = self.inner.database_clock.time(ctx.now);
        // Nobody's trust counts while they are an admin.
        let trusts = |until: &OffsetDateTime| *until > now && member.role == Role::User;
        let shown = devices
            .into_iter()
            .map(|device| KnownDevice { trusted_until: device.trusted_until.filter(trusts), ..device });
        Ok(shown.map(|device| view(device, current.as_ref())).collect())
    }

    /// Forgets one of the caller's own known devices. One that is not there, or somebody else's, is as it should be.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn forget_known_device(&self, ctx: &RequestCtx, device: DeviceId) -> Result<(), Error> {
        let member = ctx.member()?;
        let (mut tx, _) = self.begin(ctx).await?;
        if known_devices::forget(&mut tx, member.user, device).await? {
            self.audit(&mut tx, ctx, Some(member.user), Event::DeviceForgotten).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn view(device: KnownDevice, current: Option<&Key>) -> KnownDeviceView {
    KnownDeviceView {
        id: device.id(),
        last_used_at: timestamp(device.last_used_at),
        current: current.is_some_and(|current| current.as_slice() == device.token_hash),
        trusted_until: device.trusted_until.map(timestamp),
        agent: device.agent,
    }
}
