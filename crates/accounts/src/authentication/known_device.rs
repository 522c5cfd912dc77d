//! Known devices: browsers and programs that have signed in to an account before. While strangers guess, the owner gets
//! in from one of them, or from the network of the last sign-in.
//!
//! Programs often keep no token. One that signs in with the same agent from the same address as before is known, too,
//! but to no other end than that its sign-in is no news: anybody there can call themselves so.

use crate::limits::key::key;
use crate::limits::network::{neighbourhood, network};
use crate::policy::SWEEP_BATCH;
use crate::{Accounts, Caller, Client, Error, RawToken, RequestCtx, identifier, limits};
use domain::{Identifier, SessionKind, UserId};
use store::throttle::Key;
use store::users::{self, User};
use store::{Tx, known_devices, known_networks};
use time::OffsetDateTime;
use uuid::Uuid;

impl Accounts {
    /// The device token of a client: its own if that admitted it, else a new one.
    pub(crate) fn device_token(&self, ctx: &RequestCtx, known: bool) -> RawToken {
        // Whoever plants a token in somebody's browser must not find it trusted afterwards.
        let token = ctx.client.device.clone().filter(|_| known);
        token.unwrap_or_else(|| RawToken::new(self.inner.rng.as_ref()))
    }

    /// Stores the device of a sign-in, in the sign-in's own transaction: a later change of password deletes it again.
    pub(crate) async fn know_device(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &RawToken,
        user: UserId,
    ) -> Result<(), Error> {
        let most = limits::KNOWN_DEVICES_OF_AN_ACCOUNT;
        Ok(known_devices::remember(tx, &device(token), user, &ctx.client.agent, ctx.now, most).await?)
    }

    /// Stores the program of a sign-in, in the sign-in's own transaction. Pages are for browsers, which keep tokens, and
    /// of which an office has many that are alike.
    pub(crate) async fn know_program(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        kind: SessionKind,
        user: UserId,
    ) -> Result<(), Error> {
        let Some(program) = self.program(&ctx.client, kind) else { return Ok(()) };
        let most = limits::KNOWN_DEVICES_OF_AN_ACCOUNT;
        Ok(known_devices::remember(tx, &program, user, &ctx.client.agent, ctx.now, most).await?)
    }

    /// Whether a sign-in comes from a program that has signed in before, by an agent and an address.
    pub(crate) async fn is_known_program(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        kind: SessionKind,
        user: UserId,
    ) -> Result<bool, Error> {
        let Some(program) = self.program(&ctx.client, kind) else { return Ok(false) };
        Ok(known_devices::is_known_in(tx, &program, user).await?)
    }

    /// Stores the client's network as that of the account's last sign-in, in the transaction of the proof.
    pub(crate) async fn know_network(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        Ok(known_networks::remember(tx, &self.network_of(&ctx.client), user, ctx.now).await?)
    }

    /// Deletes an account's known devices, programs and network, except the caller's: whoever knew the old password may
    /// have one.
    pub(crate) async fn forget_other_devices(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        let kept = ctx.client.device.as_ref().map(device);
        known_devices::forget_all_but(tx, user, kept.as_ref()).await?;
        if let Caller::Member(member) = &ctx.caller {
            self.know_program(tx, ctx, member.kind, user).await?;
        }
        self.know_network(tx, ctx, user).await
    }

    pub(crate) async fn known_device(
        &self,
        client: &Client,
        user: Option<UserId>,
    ) -> Result<Option<(Key, UserId)>, Error> {
        let Some(token) = &client.device else { return Ok(None) };
        let hash = device(token);
        // Unknown names are looked up too: they cost what known ones do (P2).
        let asked = user.unwrap_or(UserId(Uuid::nil()));
        let known = known_devices::is_known(self.store(), &hash, asked).await?;
        Ok(user.filter(|_| known).map(|user| (hash, user)))
    }

    /// The device of a client, and whose it is. What is looked up depends on the device's token alone, and never on a
    /// name that was typed, whose account would show by the time that takes (P2).
    pub(super) async fn device_and_owner(&self, client: &Client) -> Result<Option<(Key, UserId)>, Error> {
        let Some(token) = &client.device else { return Ok(None) };
        let hash = device(token);
        Ok(known_devices::owner(self.store(), &hash).await?.map(|owner| (hash, owner)))
    }

    /// The same where its owner goes by this canonical name.
    pub(super) async fn device_of(
        &self,
        client: &Client,
        name: &Identifier,
    ) -> Result<Option<(Key, UserId)>, Error> {
        let Some((device, owner)) = self.device_and_owner(client).await? else { return Ok(None) };
        let owner = users::by_id(self.store(), owner).await?;
        Ok(owner.filter(|owner| goes_by(owner, name)).map(|owner| (device, owner.id)))
    }

    /// A client's network as it is stored: the database alone does not reveal it.
    pub(super) fn network_of(&self, client: &Client) -> Key {
        key("network", &[&self.inner.network_key, &neighbourhood(&network(client.address))])
    }

    /// A program as it is stored: never under a device token's key.
    fn program(&self, client: &Client, kind: SessionKind) -> Option<Key> {
        let (own, address) = (&self.inner.network_key, network(client.address));
        let parts: [&[u8]; 4] = [own, kind.as_str().as_bytes(), &address, client.agent.as_bytes()];
        match kind {
            SessionKind::Browser => None,
            SessionKind::Bearer | SessionKind::ApiCookie => Some(key("program", &parts)),
        }
    }

    /// Deletes devices that were last used before.
    pub(crate) async fn sweep_known_devices(&self, used_before: OffsetDateTime) -> Result<(), Error> {
        let batch = SWEEP_BATCH.unsigned_abs();
        while known_devices::sweep(self.store(), used_before, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }

    /// Deletes networks that were last used before.
    pub(crate) async fn sweep_known_networks(&self, used_before: OffsetDateTime) -> Result<(), Error> {
        let batch = SWEEP_BATCH.unsigned_abs();
        while known_networks::sweep(self.store(), used_before, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }
}

fn goes_by(user: &User, name: &Identifier) -> bool {
    match name {
        Identifier::Email(address) => identifier::email(&user.email).as_ref() == Some(address),
        Identifier::Username(name) => {
            user.profile.username.as_deref().map(identifier::username).as_ref() == Some(name)
        }
    }
}

/// A device's token as it is stored.
pub(super) fn device(token: &RawToken) -> Key {
    key("device", &[token.reveal().as_bytes()])
}
