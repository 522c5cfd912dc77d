//! Limits on guessing, counted in Postgres before any hashing, for all replicas at once (P12, P13, P14).
//!
//! No account is ever locked: a lock is a switch that everybody could throw. Names wait, whether they exist or
//! not, and the browsers of an account's owner have a budget of their own.

use crate::audit::Event;
use crate::session::SWEEP_BATCH;
use crate::{Accounts, Client, Error, Member, RawToken, RequestCtx, identifier, limits};
use domain::{Change, Identifier, ProfileChange, UserId};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use store::Tx;
use store::throttle::{self, Key};
use store::users::User;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A sign-in that was admitted.
pub(crate) struct Admitted {
    name: Key,
    by: By,
}

/// What an admitted sign-in has cost already.
enum By {
    /// Its failure is counted for the name.
    Name,
    /// One try of a browser that is known as the account's owner's.
    Device(Key),
}

impl Accounts {
    /// Admits an attempt to sign in as `name`, in its canonical form, or says how long to wait.
    pub(crate) async fn admit_sign_in(
        &self,
        ctx: &RequestCtx,
        name: &Identifier,
        user: Option<UserId>,
    ) -> Result<Admitted, Error> {
        let address = key("sign-in from", &[&network(ctx.client.address)]);
        self.take(ctx, &address, limits::SIGN_INS_OF_AN_ADDRESS).await?;
        let hour = key("sign-in in an hour from", &[&network(ctx.client.address)]);
        self.take(ctx, &hour, limits::SIGN_INS_OF_AN_ADDRESS_IN_AN_HOUR).await?;
        let name = match name {
            Identifier::Email(canonical) => key("e-mail", &[canonical.as_bytes()]),
            Identifier::Username(canonical) => key("username", &[canonical.as_bytes()]),
        };
        if let Some((device, user)) = self.known_device(&ctx.client, user).await? {
            let budget = key("sign-in with", &[&device, user.0.as_bytes()]);
            self.take(ctx, &budget, limits::SIGN_INS_OF_A_DEVICE).await?;
            return Ok(Admitted { name, by: By::Device(budget) });
        }
        let (delays, memory) = (&limits::SIGN_IN_DELAYS, limits::FAILURES_COUNT_FOR);
        match throttle::fail(self.store(), &name, delays, memory, ctx.now).await? {
            None => Ok(Admitted { name, by: By::Name }),
            Some(next_at) => self.hold_back(ctx, &name, next_at).await,
        }
    }

    /// Admits an attempt to make an account, or says how long to wait.
    pub(crate) async fn admit_sign_up(&self, ctx: &RequestCtx) -> Result<(), Error> {
        let address = key("sign-up from", &[&network(ctx.client.address)]);
        self.take(ctx, &address, limits::SIGN_UPS_OF_AN_ADDRESS).await
    }

    /// Admits an exchange of a refresh token.
    pub(crate) async fn admit_refresh(&self, ctx: &RequestCtx) -> Result<(), Error> {
        let address = key("refresh from", &[&network(ctx.client.address)]);
        self.take(ctx, &address, limits::REFRESHES_OF_AN_ADDRESS).await
    }

    /// Admits a guess at the current password.
    pub(crate) async fn admit_proof(&self, ctx: &RequestCtx, member: &Member) -> Result<(), Error> {
        let session = key("password in", &[member.session.0.as_bytes()]);
        self.take(ctx, &session, limits::PROOFS_OF_A_SESSION).await
    }

    /// Admits a new address.
    pub(crate) async fn admit_new_address(&self, ctx: &RequestCtx, user: UserId) -> Result<(), Error> {
        let account = key("addresses of", &[user.0.as_bytes()]);
        self.take(ctx, &account, limits::ADDRESSES_OF_AN_ACCOUNT).await?;
        let client = key("addresses from", &[&network(ctx.client.address)]);
        self.take(ctx, &client, limits::NAMES_FROM_AN_ADDRESS).await
    }

    /// Admits another username: each try tells whether somebody has it. Whoever sends their own back, as a form
    /// does, tries nothing.
    pub(crate) async fn admit_new_username(
        &self,
        ctx: &RequestCtx,
        user: &User,
        change: &ProfileChange,
    ) -> Result<(), Error> {
        let Change::Set(typed) = &change.username else { return Ok(()) };
        let wanted = identifier::username(typed.as_str());
        if user.username.as_deref().map(identifier::username).as_ref() == Some(&wanted) {
            return Ok(());
        }
        let account = key("usernames of", &[user.id.0.as_bytes()]);
        self.take(ctx, &account, limits::USERNAMES_OF_AN_ACCOUNT).await?;
        let client = key("usernames from", &[&network(ctx.client.address)]);
        self.take(ctx, &client, limits::NAMES_FROM_AN_ADDRESS).await
    }

    /// Takes back what an attempt that nobody looked at has cost, but for the address's.
    pub(crate) async fn give_back(&self, ctx: &RequestCtx, admitted: &Admitted) {
        let given = match &admitted.by {
            By::Name => throttle::give_back(self.store(), &admitted.name, ctx.now).await,
            By::Device(budget) => {
                throttle::put_back(self.store(), budget, limits::SIGN_INS_OF_A_DEVICE).await
            }
        };
        if let Err(error) = given {
            tracing::warn!(%error, "a try was not given back");
        }
    }

    /// Forgets the failures of a name whose owner got in.
    pub(crate) async fn forgive(&self, admitted: &Admitted) {
        // What was done is done: nobody is refused for a count that could not be taken back.
        if let Err(error) = throttle::forgive(self.store(), &admitted.name).await {
            tracing::warn!(%error, "failures not forgotten");
        }
    }

    /// Remembers the browser that a sign-in came from, in the sign-in's own transaction: a change of password that
    /// comes after it forgets it again. Nobody was admitted to an account that is new.
    pub(crate) async fn know_device(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        admitted: Option<&Admitted>,
        user: UserId,
    ) -> Result<RawToken, Error> {
        // Whoever plants a token in somebody's browser must not find it trusted afterwards.
        let known = admitted.is_some_and(|admitted| matches!(admitted.by, By::Device(_)));
        let token = ctx.client.device.clone().filter(|_| known);
        let token = token.unwrap_or_else(|| RawToken::new(self.inner.rng.as_ref()));
        throttle::remember_device(tx, &device(&token), user, ctx.now).await?;
        Ok(token)
    }

    /// Forgets the browsers of an account but the caller's: whoever knew the password before may have one.
    pub(crate) async fn forget_other_devices(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        let kept = ctx.client.device.as_ref().map(device);
        Ok(throttle::forget_devices(tx, user, kept.as_ref()).await?)
    }

    async fn known_device(
        &self,
        client: &Client,
        user: Option<UserId>,
    ) -> Result<Option<(Key, UserId)>, Error> {
        let Some(token) = &client.device else { return Ok(None) };
        let hash = device(token);
        // Asked for nobody too: known and unknown names cost the same (P2).
        let asked = user.unwrap_or(UserId(Uuid::nil()));
        let known = throttle::is_known_device(self.store(), &hash, asked).await?;
        Ok(user.filter(|_| known).map(|user| (hash, user)))
    }

    async fn take(&self, ctx: &RequestCtx, key: &Key, bucket: throttle::Bucket) -> Result<(), Error> {
        match throttle::take(self.store(), key, bucket, ctx.now).await? {
            None => Ok(()),
            Some(next_at) => self.hold_back(ctx, key, next_at).await,
        }
    }

    /// Refuses, and tells the audit trail once an hour: an attack must not fill it.
    async fn hold_back<T>(
        &self,
        ctx: &RequestCtx,
        limited: &Key,
        next_at: OffsetDateTime,
    ) -> Result<T, Error> {
        let told = key("told of", &[limited]);
        if throttle::take(self.store(), &told, limits::TOLD_OF_AN_ATTACK, ctx.now).await?.is_none() {
            let mut tx = self.store().begin().await?;
            self.audit(&mut tx, ctx, None, Event::Throttled).await?;
            tx.commit().await?;
        }
        Err(Error::TooManyTries { wait: (next_at - ctx.now).max(Duration::SECOND) })
    }

    /// Deletes counts that no longer count.
    pub(crate) async fn sweep_throttle(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (streaks, devices) = (now - limits::FAILURES_COUNT_FOR, now - limits::DEVICES_ARE_KNOWN_FOR);
        let mut swept = SWEEP_BATCH.unsigned_abs();
        while swept >= SWEEP_BATCH.unsigned_abs() {
            swept = throttle::sweep(self.store(), now, streaks, devices, SWEEP_BATCH).await?;
        }
        Ok(())
    }
}

/// What is limited, as a count is kept under: neither a name nor an address can be read from it.
fn key(purpose: &str, parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new_with_prefix(purpose.as_bytes());
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What a browser's token is stored as.
fn device(token: &RawToken) -> Key {
    key("device", &[token.reveal().as_bytes()])
}

/// What one customer of a provider has: an IPv4 address, or the 64 bits of an IPv6 network.
pub(crate) fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        assert_ne!(key("a", &[b"bc", b"d"]), key("a", &[b"b", b"cd"]));
        assert_ne!(key("e-mail", &[b"ana"]), key("username", &[b"ana"]));
    }
}
