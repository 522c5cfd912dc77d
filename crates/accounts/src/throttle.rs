//! Limits on guessing, counted in Postgres before any hashing, for all replicas at once and by the database's clock
//! (P12, P13, P14, P23).
//!
//! No account is ever locked: a lock is a switch that everybody could throw. Names wait, whether they exist or
//! not; the browsers and programs of an account's owner have a budget of their own, and so has the network that it
//! was last signed in to from.

use crate::audit::Event;
use crate::credential::Lane;
use crate::session::SWEEP_BATCH;
use crate::{Accounts, Client, Error, Member, RawToken, RequestCtx, identifier, limits};
use domain::{Change, Identifier, ProfileChange, UserId};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use store::Tx;
use store::throttle::{self, Before, Bucket, Budget, Key, Micros, NetworkOf, UsedUp};
use store::users::User;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A sign-in that was admitted, by what it has cost already.
pub(crate) enum Admitted {
    /// Its failure is counted for the name.
    Name(Key),
    /// One try of a browser or program that is known as the account's owner's.
    Device(Budget),
    /// One try from a network that accounts were last signed in to from, at a name that has to wait: whoever does
    /// not bring the right password is told to wait, as from anywhere else. A name that was not last used from there,
    /// or is nobody's, is never looked at; it costs the same (P1, P2).
    Network { budget: Budget, own: bool, wait: Duration },
}

impl Admitted {
    /// Whether the password is compared with the account's own.
    pub(crate) fn is_looked_at(&self) -> bool {
        !matches!(self, Self::Network { own: false, .. })
    }

    /// What a wrong password is answered.
    pub(crate) fn refusal(&self) -> Error {
        match self {
            Self::Name(_) | Self::Device(_) => Error::WrongCredentials,
            Self::Network { wait, .. } => Error::TooManyTries { wait: *wait },
        }
    }

    /// Where it waits for a core.
    pub(crate) fn lane(&self) -> Lane {
        if matches!(self, Self::Device(_)) { Lane::Known } else { Lane::Stranger }
    }
}

impl Accounts {
    /// Admits an attempt to sign in as `name`, in its canonical form, or says how long to wait. What is known as the
    /// owner's has its own budget and no other: whoever guesses behind the same address keeps nobody out, and it
    /// opens one account, so nobody sprays with it.
    pub(crate) async fn admit_sign_in(
        &self,
        ctx: &RequestCtx,
        name: &Identifier,
        user: Option<UserId>,
    ) -> Result<Admitted, Error> {
        if let Some((device, user)) = self.known_device(&ctx.client, user).await? {
            let key = key("sign-in with", &[&device, user.0.as_bytes()]);
            let budget = Budget { key, bucket: limits::SIGN_INS_OF_A_DEVICE };
            self.take(ctx, &[budget]).await?;
            return Ok(Admitted::Device(budget));
        }
        // Nothing is counted of what nobody can look at, so a flood of guesses leaves the database alone.
        if self.inner.hasher.is_full(Lane::Stranger) {
            return Err(Error::Overloaded);
        }
        let [address, around] = of_address("sign-in from", ctx, limits::SIGN_INS_OF_AN_ADDRESS);
        let hour = limits::SIGN_INS_OF_AN_ADDRESS_IN_AN_HOUR;
        let [in_an_hour, around_in_an_hour] = of_address("sign-in in an hour from", ctx, hour);
        self.take(ctx, &[address, around, in_an_hour, around_in_an_hour]).await?;
        // An account is one, by whatever it is called.
        let name = match (user, name) {
            (Some(user), _) => key("account", &[user.0.as_bytes()]),
            (None, Identifier::Email(canonical)) => key("e-mail", &[canonical.as_bytes()]),
            (None, Identifier::Username(canonical)) => key("username", &[canonical.as_bytes()]),
        };
        let (delays, memory) = (&limits::SIGN_IN_DELAYS, limits::FAILURES_COUNT_FOR);
        match throttle::fail(self.store(), &name, delays, memory, self.throttle_time(ctx)).await? {
            None => Ok(Admitted::Name(name)),
            Some(next_at) => self.admit_by_network(ctx, UsedUp { key: name, next_at }, user).await,
        }
    }

    /// A way round for the owner of a name that has to wait: the network of their last sign-in.
    async fn admit_by_network(
        &self,
        ctx: &RequestCtx,
        name: UsedUp,
        user: Option<UserId>,
    ) -> Result<Admitted, Error> {
        let network = self.network_of(&ctx.client);
        let asked = user.unwrap_or(UserId(Uuid::nil()));
        let NetworkOf { own, anybodys } = throttle::known_network(self.store(), &network, asked).await?;
        let key = key("sign-in near", &[&network, &name.key]);
        let budget = Budget { key, bucket: limits::SIGN_INS_OF_A_NETWORK };
        if !anybodys || throttle::take(self.store(), &[budget], self.throttle_time(ctx)).await?.is_some() {
            return self.hold_back(ctx, name).await;
        }
        self.tell(ctx, &name.key).await?;
        Ok(Admitted::Network { budget, own, wait: self.wait(ctx, name.next_at) })
    }

    /// Admits an attempt to make an account, or says how long to wait.
    pub(crate) async fn admit_sign_up(&self, ctx: &RequestCtx) -> Result<(), Error> {
        self.take(ctx, &of_address("sign-up from", ctx, limits::SIGN_UPS_OF_AN_ADDRESS)).await
    }

    /// Admits an exchange of a refresh token.
    pub(crate) async fn admit_refresh(&self, ctx: &RequestCtx) -> Result<(), Error> {
        self.take(ctx, &of_address("refresh from", ctx, limits::REFRESHES_OF_AN_ADDRESS)).await
    }

    /// Admits a guess at the current password.
    pub(crate) async fn admit_proof(&self, ctx: &RequestCtx, member: &Member) -> Result<(), Error> {
        let key = key("password in", &[member.session.0.as_bytes()]);
        self.take(ctx, &[Budget { key, bucket: limits::PROOFS_OF_A_SESSION }]).await
    }

    /// Admits a new address.
    pub(crate) async fn admit_new_address(&self, ctx: &RequestCtx, user: UserId) -> Result<(), Error> {
        let key = key("addresses of", &[user.0.as_bytes()]);
        let account = Budget { key, bucket: limits::ADDRESSES_OF_AN_ACCOUNT };
        let [client, around] = of_address("addresses from", ctx, limits::NAMES_FROM_AN_ADDRESS);
        self.take(ctx, &[account, client, around]).await
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
        let key = key("usernames of", &[user.id.0.as_bytes()]);
        let account = Budget { key, bucket: limits::USERNAMES_OF_AN_ACCOUNT };
        let [client, around] = of_address("usernames from", ctx, limits::NAMES_FROM_AN_ADDRESS);
        self.take(ctx, &[account, client, around]).await
    }

    /// Takes back what an attempt that nobody looked at has cost, but for the address's.
    pub(crate) async fn give_back(&self, ctx: &RequestCtx, admitted: &Admitted) {
        let given = match admitted {
            Admitted::Name(name) => throttle::give_back(self.store(), name, self.throttle_time(ctx)).await,
            Admitted::Device(budget) | Admitted::Network { budget, .. } => {
                throttle::put_back(self.store(), budget).await
            }
        };
        if let Err(error) = given {
            tracing::warn!(%error, "a try was not given back");
        }
    }

    /// Forgets the failures of a name whose owner got in as anybody has to: what strangers failed at is not forgiven
    /// because a known browser signs in.
    pub(crate) async fn forgive(&self, admitted: &Admitted) {
        let Admitted::Name(name) = admitted else { return };
        // What was done is done: nobody is refused for a count that could not be taken back.
        if let Err(error) = throttle::forgive(self.store(), name).await {
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
        let known = matches!(admitted, Some(Admitted::Device(_)));
        let token = ctx.client.device.clone().filter(|_| known);
        let token = token.unwrap_or_else(|| RawToken::new(self.inner.rng.as_ref()));
        throttle::remember_device(tx, &device(&token), user, ctx.now).await?;
        Ok(token)
    }

    /// Remembers the network of the client as the one that an account was last signed in to from, in the transaction
    /// of what proved it.
    pub(crate) async fn know_network(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        Ok(throttle::remember_network(tx, &self.network_of(&ctx.client), user, ctx.now).await?)
    }

    /// Forgets the browsers and the network of an account but the caller's: whoever knew the password before may have
    /// one.
    pub(crate) async fn forget_other_devices(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<(), Error> {
        let kept = ctx.client.device.as_ref().map(device);
        throttle::forget_devices(tx, user, kept.as_ref()).await?;
        self.know_network(tx, ctx, user).await
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

    /// What a client's network is remembered as: it cannot be read from the database alone.
    fn network_of(&self, client: &Client) -> Key {
        key("network", &[&self.inner.network_key, &neighbourhood(&network(client.address))])
    }

    /// The time of a request, by the database's clock.
    fn throttle_time(&self, ctx: &RequestCtx) -> Micros {
        self.inner.database_clock.at(ctx.now)
    }

    fn wait(&self, ctx: &RequestCtx, next_at: Micros) -> Duration {
        Duration::microseconds(next_at - self.throttle_time(ctx)).max(Duration::SECOND)
    }

    async fn take(&self, ctx: &RequestCtx, budgets: &[Budget]) -> Result<(), Error> {
        match throttle::take(self.store(), budgets, self.throttle_time(ctx)).await? {
            None => Ok(()),
            Some(used_up) => self.hold_back(ctx, used_up).await,
        }
    }

    async fn hold_back<T>(&self, ctx: &RequestCtx, limited: UsedUp) -> Result<T, Error> {
        self.tell(ctx, &limited.key).await?;
        Err(Error::TooManyTries { wait: self.wait(ctx, limited.next_at) })
    }

    /// Tells the audit trail once an hour: an attack must not fill it.
    async fn tell(&self, ctx: &RequestCtx, limited: &Key) -> Result<(), Error> {
        let told = Budget { key: key("told of", &[limited]), bucket: limits::TOLD_OF_AN_ATTACK };
        if throttle::take(self.store(), &[told], self.throttle_time(ctx)).await?.is_none() {
            let mut tx = self.store().begin().await?;
            self.audit(&mut tx, ctx, None, Event::Throttled).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Deletes counts that no longer count.
    pub(crate) async fn sweep_throttle(&self, now: OffsetDateTime) -> Result<(), Error> {
        let at = |time| self.inner.database_clock.at(time);
        let before = Before {
            failures: at(now - limits::FAILURES_COUNT_FOR),
            devices: now - limits::DEVICES_ARE_KNOWN_FOR,
            networks: now - limits::NETWORKS_ARE_KNOWN_FOR,
        };
        let mut swept = SWEEP_BATCH.unsigned_abs();
        while swept >= SWEEP_BATCH.unsigned_abs() {
            swept = throttle::sweep(self.store(), at(now), before, SWEEP_BATCH).await?;
        }
        Ok(())
    }
}

/// What an address may try, and what all those around it may together.
fn of_address(purpose: &str, ctx: &RequestCtx, bucket: Bucket) -> [Budget; 2] {
    let address = network(ctx.client.address);
    let around = neighbourhood(&address);
    [(address, bucket), (around, limits::of_a_network(bucket))]
        .map(|(part, bucket)| Budget { key: key(purpose, &[&part]), bucket })
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

/// What somebody may have rented or been given as a whole: the /24 around an IPv4 address, or the /48 around the 64
/// bits of an IPv6 network.
pub(crate) fn neighbourhood(network: &[u8]) -> Vec<u8> {
    network[..network.len() * 3 / 4].to_vec()
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
    fn addresses_around_one_are_a_24_or_a_48() {
        let of = |text: &str| neighbourhood(&network(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff::9"));
        assert_ne!(of("2001:db8:1::3"), of("2001:db8:2::3"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.254"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
    }

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        assert_ne!(key("a", &[b"bc", b"d"]), key("a", &[b"b", b"cd"]));
        assert_ne!(key("e-mail", &[b"ana"]), key("username", &[b"ana"]));
    }
}
