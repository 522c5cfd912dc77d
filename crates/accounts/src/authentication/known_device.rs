//! Known devices: the browsers and programs that an account was signed in to from before. While strangers guess, its
//! owner gets in by them, and from the network of the last sign-in.

use crate::authentication::throttle::Admitted;
use crate::limits::key::key;
use crate::limits::network::{neighbourhood, network};
use crate::session::sweep::SWEEP_BATCH;
use crate::{Accounts, Client, Error, RawToken, RequestCtx, limits};
use domain::UserId;
use store::throttle::Key;
use store::{Tx, known_devices, known_networks};
use time::OffsetDateTime;
use uuid::Uuid;

impl Accounts {
    /// The token that a client is to be known by: its own where it was admitted by that, else a new one.
    pub(crate) fn device_token(&self, ctx: &RequestCtx, admitted: Option<&Admitted>) -> RawToken {
        // Whoever plants a token in somebody's browser must not find it trusted afterwards.
        let known = matches!(admitted, Some(Admitted::Device { .. }));
        let token = ctx.client.device.clone().filter(|_| known);
        token.unwrap_or_else(|| RawToken::new(self.inner.rng.as_ref()))
    }

    /// Remembers the device that a sign-in came from, in the sign-in's own transaction: a change of password that
    /// comes after it forgets it again.
    pub(crate) async fn know_device(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &RawToken,
        user: UserId,
    ) -> Result<(), Error> {
        let most = limits::KNOWN_DEVICES_OF_AN_ACCOUNT;
        Ok(known_devices::remember(tx, &device(token), user, ctx.now, most).await?)
    }

    /// Remembers the network of the client as the one that an account was last signed in to from, in the transaction
    /// of what proved it.
    pub(crate) async fn know_network(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        Ok(known_networks::remember(tx, &self.network_of(&ctx.client), user, ctx.now).await?)
    }

    /// Forgets the known devices and the network of an account but the caller's: whoever knew the password before may
    /// have one.
    pub(crate) async fn forget_other_devices(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        let kept = ctx.client.device.as_ref().map(device);
        known_devices::forget_all_but(tx, user, kept.as_ref()).await?;
        self.know_network(tx, ctx, user).await
    }

    pub(super) async fn known_device(
        &self,
        client: &Client,
        user: Option<UserId>,
    ) -> Result<Option<(Key, UserId)>, Error> {
        let Some(token) = &client.device else { return Ok(None) };
        let hash = device(token);
        // Asked for nobody too: known and unknown names cost the same (P2).
        let asked = user.unwrap_or(UserId(Uuid::nil()));
        let known = known_devices::is_known(self.store(), &hash, asked).await?;
        Ok(user.filter(|_| known).map(|user| (hash, user)))
    }

    /// What a client's network is remembered as: it cannot be read from the database alone.
    pub(super) fn network_of(&self, client: &Client) -> Key {
        key("network", &[&self.inner.network_key, &neighbourhood(&network(client.address))])
    }

    /// Deletes devices and networks that were not used for long.
    pub(crate) async fn sweep_known_devices(&self, now: OffsetDateTime) -> Result<(), Error> {
        let batch = SWEEP_BATCH.unsigned_abs();
        let used_before = now - limits::DEVICES_ARE_KNOWN_FOR;
        while known_devices::sweep(self.store(), used_before, SWEEP_BATCH).await? >= batch {}
        let used_before = now - limits::NETWORKS_ARE_KNOWN_FOR;
        while known_networks::sweep(self.store(), used_before, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }
}

/// What a device's token is stored as.
fn device(token: &RawToken) -> Key {
    key("device", &[token.reveal().as_bytes()])
}
