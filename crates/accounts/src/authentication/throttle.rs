//! Limits on guessing (P12, P13, P14, P23). They are counted before any hashing, for all replicas together and by the
//! clock of what counts: Redis, or else the database (`limits/counts.rs`).
//!
//! No account is ever locked: anybody could lock somebody else's. Names wait, whether they exist or not. Known devices
//! have a budget of their own, and so does the network of the account's last sign-in.

mod passkeys;

use crate::audit::Event;
use crate::credential::Priority;
use crate::limits::Guessed;
use crate::limits::counts::{Counts, Failure, Taken};
use crate::limits::key::key;
use crate::limits::network::{neighbourhood, network};
use crate::policy::SWEEP_BATCH;
use crate::{Accounts, Error, Member, RequestCtx, identifier, limits};
use domain::{Change, FactorCode, Identifier, ProfileChange, Purpose, UserId};
use store::known_networks::{self, KnownNetwork};
use store::throttle::{self, Bucket, Budget, Counted, Key, UsedUp};
use store::users::User;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// An admitted sign-in, by what it has been counted for.
pub(crate) enum Admitted {
    /// Its failure is counted for the name and for the account.
    Name { names: Names, failure: Failure },
    /// One try of a known device of the account.
    Device { taken: Taken, priority: Priority },
    /// The account or its name has to wait: its password counts only if the last sign-in came from this network
    /// (`own`). Any other name, known or not, costs the same (P1, P2).
    Network { name: Cost, account: Option<Taken>, own: bool },
}

/// What a sign-in earns once it is complete: counts that it forgives, or trust in its browser. Nothing for a new account.
#[derive(Default)]
pub(crate) struct Earned {
    pub(crate) forgives: Vec<Key>,
    /// Whether the client goes on as the known device that it is.
    pub(crate) known_device: bool,
    pub(crate) trust: bool,
}

/// What a try was counted for, at a name.
pub(crate) enum Cost {
    /// A failure: the name need not wait, and the answer is the usual one.
    Failure { key: Key, failure: Failure },
    /// A try of the network: a wrong password is told to wait, as it is from anywhere else.
    Try { taken: Taken, wait: Duration },
}

/// What failures in a row are counted for. The answer depends only on the name that was typed: an answer that showed
/// the account's count would tell that two names belong to one account, or that a name exists.
pub(crate) struct Names {
    typed: Key,
    /// The account, whatever its name. An unknown name has such a count too, so that it costs the same.
    account: Key,
    /// The account's other names.
    others: Vec<Key>,
}

impl Names {
    fn of(typed: &Identifier, user: Option<&User>) -> Self {
        let typed = name_key(typed);
        let account =
            user.map_or_else(|| key("nobody", &[&typed]), |user| key("account", &[user.id.0.as_bytes()]));
        let email = user.and_then(|user| identifier::email(&user.email)).map(Identifier::Email);
        let username = user.and_then(|user| user.profile.username.as_deref()).map(identifier::username);
        let names = email.into_iter().chain(username.map(Identifier::Username));
        let others = names.map(|name| name_key(&name)).filter(|name| *name != typed).collect();
        Self { typed, account, others }
    }
}

impl Admitted {
    /// Whether a right password counts.
    pub(crate) fn is_looked_at(&self) -> bool {
        !matches!(self, Self::Network { own: false, .. })
    }

    /// What a wrong password is answered.
    pub(crate) fn refusal(&self) -> Error {
        match self {
            Self::Network { name: Cost::Try { wait, .. }, .. } => Error::TooManyTries { wait: *wait },
            _ => Error::WrongCredentials,
        }
    }

    pub(crate) fn is_of_a_known_device(&self) -> bool {
        matches!(self, Self::Device { .. })
    }

    /// What its success earns. Failures of all names of an account are forgiven whose owner signed in the ordinary way. A
    /// sign-in by a known device or network does not forgive what strangers failed at. If only the account had to wait,
    /// the name that was typed is forgiven, and the account goes on waiting.
    pub(crate) fn earned(&self) -> Earned {
        let forgives = match self {
            Self::Name { names, .. } => [&[names.typed, names.account], names.others.as_slice()].concat(),
            Self::Network { name: Cost::Failure { key, .. }, .. } => vec![*key],
            Self::Network { .. } | Self::Device { .. } => vec![],
        };
        Earned { forgives, known_device: self.is_of_a_known_device(), trust: false }
    }

    /// Its priority when it waits for a core.
    pub(crate) fn priority(&self) -> Priority {
        if let Self::Device { priority, .. } = self { *priority } else { Priority::Stranger }
    }
}

impl Accounts {
    /// Admits an attempt to sign in as `name`, in its canonical form, or says how long to wait. A known device has its
    /// own budget and no other: whoever guesses from the same address does not keep it out, and it opens only one
    /// account, so it is no use for trying many.
    pub(crate) async fn admit_sign_in(
        &self,
        ctx: &RequestCtx,
        name: &Identifier,
        user: Option<&User>,
    ) -> Result<Admitted, Error> {
        if let Some((device, user)) = self.known_device(&ctx.client, user.map(|user| user.id)).await? {
            let key = key("sign-in with", &[&device, user.0.as_bytes()]);
            let budget = Budget { key, bucket: limits::SIGN_INS_OF_A_DEVICE };
            let taken = match self.counts().take_one(budget, self.moment(ctx.now)).await? {
                Ok(taken) => taken,
                Err(used_up) => return self.refuse_throttled(ctx, used_up).await,
            };
            return Ok(Admitted::Device { taken, priority: self.priority(ctx, user).await? });
        }
        // While the queue for a core is full nothing is counted, so a flood of guesses does not reach the database.
        if self.inner.hasher.is_full(Priority::Stranger) {
            return Err(Error::Overloaded);
        }
        self.take_sign_in(ctx, ["sign-in from", "sign-in in an hour from"]).await?;
        let names = Names::of(name, user);
        let (delays, memory) = (&limits::SIGN_IN_DELAYS, limits::FAILURES_COUNT_FOR);
        let keys = (&names.typed, &names.account);
        let (counted, failure) = self.counts().fail(keys, delays, memory, self.moment(ctx.now)).await?;
        let counted_for = match counted {
            Counted::Both => vec![names.typed, names.account],
            Counted::NameAlone => vec![names.typed],
            Counted::Neither { .. } => vec![],
        };
        let admitted = self.admit_by_network(ctx, names, (counted, failure), user.map(|user| user.id)).await;
        if admitted.as_ref().is_err_and(leaves_open) {
            self.give_failure_back(ctx, &counted_for, failure).await;
        }
        admitted
    }

    /// The owner of an account that has to wait may get in from the network of their last sign-in. An attempt that need
    /// not wait costs the same look-ups, or its time would tell that an account waits because of its other name.
    async fn admit_by_network(
        &self,
        ctx: &RequestCtx,
        names: Names,
        (counted, failure): (Counted, Failure),
        user: Option<UserId>,
    ) -> Result<Admitted, Error> {
        let network = self.network_of(&ctx.client);
        let asked = user.unwrap_or(UserId(Uuid::nil()));
        let KnownNetwork { own, anybodys } = known_networks::look_up(self.store(), &network, asked).await?;
        let near = |purpose, key: &Key| Budget {
            key: self::key(purpose, &[&network, key]),
            bucket: limits::SIGN_INS_OF_A_NETWORK,
        };
        let name = if let Counted::Neither { wait } = counted {
            let waits = UsedUp { key: names.typed, wait };
            let taken = if anybodys {
                self.try_to_take(ctx, near("sign-in near", &names.typed)).await?
            } else {
                None
            };
            let Some(taken) = taken else { return self.refuse_throttled(ctx, waits).await };
            self.audit_throttled(ctx, &waits.key).await?;
            Cost::Try { taken, wait: retry_after(wait) }
        } else {
            Cost::Failure { key: names.typed, failure }
        };
        let purpose = if counted == Counted::Both { "sign-in beside" } else { "sign-in near" };
        let account =
            if anybodys { self.try_to_take(ctx, near(purpose, &names.account)).await? } else { None };
        if counted == Counted::Both {
            return Ok(Admitted::Name { names, failure });
        }
        Ok(Admitted::Network { name, own: own && account.is_some(), account })
    }

    /// Admits an attempt to make an account, or says how long to wait.
    pub(crate) async fn admit_sign_up(&self, ctx: &RequestCtx) -> Result<(), Error> {
        self.take(ctx, &of_address("sign-up from", ctx, limits::SIGN_UPS_OF_AN_ADDRESS)).await
    }

    /// Admits a stranger's wish for a mail, before anything is looked up: unknown addresses are counted as known ones
    /// are. Whoever asks from a known device of the account has a budget that strangers cannot use up. Says whether it
    /// was that one.
    pub(crate) async fn admit_mail(
        &self,
        ctx: &RequestCtx,
        purpose: Purpose,
        name: &Identifier,
    ) -> Result<bool, Error> {
        let canonical = identifier::canonical(name);
        if let Some((device, user)) = self.device_of(&ctx.client, &canonical).await? {
            let key = key("mail for", &[purpose.as_str().as_bytes(), &device, user.0.as_bytes()]);
            self.take(ctx, &[Budget { key, bucket: limits::MAILS_FOR_A_DEVICE }]).await?;
            return Ok(true);
        }
        self.admit_strangers_mail(ctx, purpose, name).await?;
        Ok(false)
    }

    /// The same where no account is looked up at all.
    pub(crate) async fn admit_strangers_mail(
        &self,
        ctx: &RequestCtx,
        purpose: Purpose,
        name: &Identifier,
    ) -> Result<(), Error> {
        let mailbox = mailbox(purpose, &identifier::canonical(name));
        let [address, around] = of_address("mail from", ctx, limits::MAILS_FROM_AN_ADDRESS);
        self.take(ctx, &[address, around, mailbox]).await
    }

    /// The same for the mailbox alone, once it is known: a username does not say which it is.
    pub(crate) async fn admit_mail_to(
        &self,
        ctx: &RequestCtx,
        purpose: Purpose,
        address: &Identifier,
    ) -> Result<bool, Error> {
        self.has_taken(ctx, mailbox(purpose, address)).await
    }

    /// Counts a guess at each of these codes, or at what takes the place of one. Says for which there was one left.
    /// Strangers do not use up the guesses of a known device at its own account's codes, nor do other clients of its
    /// address.
    pub(crate) async fn admit_guesses(
        &self,
        ctx: &RequestCtx,
        codes: &[Guessed],
    ) -> Result<Vec<bool>, Error> {
        let device = self.device_and_owner(&ctx.client).await?;
        let own = |user: Option<UserId>| device.filter(|(_, owner)| user == Some(*owner));
        if codes.iter().all(|code| own(code.user).is_none()) {
            self.take(ctx, &of_address("code from", ctx, limits::GUESSES_FROM_AN_ADDRESS)).await?;
        }
        let key = |Guessed { of, user, interval }: &Guessed| match own(*user) {
            Some((device, _)) => (guesses(&[of, &device]).key, *interval),
            None => (guesses(&[of]).key, *interval),
        };
        let keys: Vec<_> = codes.iter().map(key).collect();
        let burst = limits::GUESSES_AT_A_CODE.burst;
        Ok(self.counts().count(&keys, burst, self.moment(ctx.now)).await?)
    }

    /// Whether strangers have a guess left at the code of a token.
    pub(crate) async fn may_guess(&self, ctx: &RequestCtx, token: &[u8]) -> Result<bool, Error> {
        let guess = self.try_to_take(ctx, guesses(&[token])).await?;
        if let Some(guess) = &guess {
            self.counts().put_back(guess, self.moment(ctx.now)).await?;
        }
        Ok(guess.is_some())
    }

    /// Admits an exchange of a refresh token.
    pub(crate) async fn admit_refresh(&self, ctx: &RequestCtx) -> Result<(), Error> {
        self.take(ctx, &of_address("refresh from", ctx, limits::REFRESHES_OF_AN_ADDRESS)).await
    }

    /// Admits a guess at the current password, and says with which priority it waits for a core.
    pub(crate) async fn admit_proof(&self, ctx: &RequestCtx, member: &Member) -> Result<Priority, Error> {
        let key = key("password in", &[member.session.0.as_bytes()]);
        self.take(ctx, &[Budget { key, bucket: limits::PROOFS_OF_A_SESSION }]).await?;
        self.priority(ctx, member.user).await
    }

    /// Admits a guess at an account's second factor, before it is looked at and for good.
    pub(crate) async fn admit_factor(
        &self,
        ctx: &RequestCtx,
        user: UserId,
        code: &FactorCode,
    ) -> Result<(), Error> {
        // Whoever has lost the app must not wait for those who guess at it.
        let (of, with) = match code {
            FactorCode::Passkey(_) => ("passkey of", "passkey with"),
            FactorCode::Totp(_) => ("second factor of", "second factor with"),
            FactorCode::Recovery(_) => ("recovery code of", "recovery code with"),
        };
        let key = match self.known_device(&ctx.client, Some(user)).await? {
            Some((device, user)) => key(with, &[&device, user.0.as_bytes()]),
            None => key(of, &[user.0.as_bytes()]),
        };
        self.take(ctx, &[Budget { key, bucket: limits::FACTOR_TRIES_OF_AN_ACCOUNT }]).await
    }

    /// The priority of a known caller: one account must not fill the places of all others, however many sessions and
    /// browsers it has.
    async fn priority(&self, ctx: &RequestCtx, user: UserId) -> Result<Priority, Error> {
        let key = key("served first", &[user.0.as_bytes()]);
        let budget = Budget { key, bucket: limits::SERVED_FIRST_OF_AN_ACCOUNT };
        Ok(if self.has_taken(ctx, budget).await? { Priority::Known } else { Priority::Stranger })
    }

    /// Admits a new address.
    pub(crate) async fn admit_new_address(&self, ctx: &RequestCtx, user: UserId) -> Result<(), Error> {
        let key = key("addresses of", &[user.0.as_bytes()]);
        let account = Budget { key, bucket: limits::ADDRESSES_OF_AN_ACCOUNT };
        let [client, around] = of_address("addresses from", ctx, limits::NAMES_FROM_AN_ADDRESS);
        self.take(ctx, &[account, client, around]).await
    }

    /// Admits another username: each try tells whether somebody has it. Sending back one's own, as a form does, is no
    /// try.
    pub(crate) async fn admit_new_username(
        &self,
        ctx: &RequestCtx,
        user: &User,
        change: &ProfileChange,
    ) -> Result<(), Error> {
        let Change::Set(typed) = &change.username else { return Ok(()) };
        let wanted = identifier::username(typed);
        if user.profile.username.as_deref().map(identifier::username).as_ref() == Some(&wanted) {
            return Ok(());
        }
        let key = key("usernames of", &[user.id.0.as_bytes()]);
        let account = Budget { key, bucket: limits::USERNAMES_OF_AN_ACCOUNT };
        let [client, around] = of_address("usernames from", ctx, limits::NAMES_FROM_AN_ADDRESS);
        self.take(ctx, &[account, client, around]).await
    }

    /// Gives back what an attempt was counted for that nobody was told a verdict of, except at the address.
    pub(crate) async fn give_back(&self, ctx: &RequestCtx, admitted: &Admitted) {
        let tries = match admitted {
            Admitted::Name { names, failure } => {
                self.give_failure_back(ctx, &[names.typed, names.account], *failure).await;
                vec![]
            }
            Admitted::Device { taken, .. } => vec![*taken],
            Admitted::Network { name: Cost::Failure { key, failure }, account, .. } => {
                self.give_failure_back(ctx, &[*key], *failure).await;
                Vec::from_iter(*account)
            }
            Admitted::Network { name: Cost::Try { taken, .. }, account, .. } => {
                [*taken].into_iter().chain(*account).collect()
            }
        };
        for taken in &tries {
            if let Err(error) = self.counts().put_back(taken, self.moment(ctx.now)).await {
                tracing::warn!(%error, "a try was not given back");
            }
        }
    }

    async fn give_failure_back(&self, ctx: &RequestCtx, keys: &[Key], failure: Failure) {
        if let Err(error) = self.counts().give_back(keys, failure, self.moment(ctx.now)).await {
            tracing::warn!(%error, "a failure was not given back");
        }
    }

    /// Deletes the failures that a success forgives.
    pub(crate) async fn forgive(&self, ctx: &RequestCtx, earned: &Earned) {
        if earned.forgives.is_empty() {
            return;
        }
        // Nobody is refused because a count could not be taken back.
        if let Err(error) = self.counts().forgive(&earned.forgives, self.moment(ctx.now)).await {
            tracing::warn!(%error, "failures not forgotten");
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// Takes a sign-in out of both limits of the client's address (docs/adr/0004-fifty-sign-ins-an-hour.md).
    async fn take_sign_in(&self, ctx: &RequestCtx, [at_once, in_an_hour]: [&str; 2]) -> Result<(), Error> {
        let at_once = of_address(at_once, ctx, limits::SIGN_INS_OF_AN_ADDRESS);
        let in_an_hour = of_address(in_an_hour, ctx, limits::SIGN_INS_OF_AN_ADDRESS_IN_AN_HOUR);
        match self.counts().take_lasting(&at_once, &in_an_hour, self.moment(ctx.now)).await? {
            None => Ok(()),
            Some(used_up) => self.refuse_throttled(ctx, used_up).await,
        }
    }

    async fn take(&self, ctx: &RequestCtx, budgets: &[Budget]) -> Result<(), Error> {
        match self.counts().take(budgets, self.moment(ctx.now)).await? {
            Ok(_) => Ok(()),
            Err(used_up) => self.refuse_throttled(ctx, used_up).await,
        }
    }

    /// One try, if one was left.
    async fn try_to_take(&self, ctx: &RequestCtx, budget: Budget) -> Result<Option<Taken>, Error> {
        Ok(self.counts().take_one(budget, self.moment(ctx.now)).await?.ok())
    }

    /// Whether one was left to take.
    async fn has_taken(&self, ctx: &RequestCtx, budget: Budget) -> Result<bool, Error> {
        Ok(self.try_to_take(ctx, budget).await?.is_some())
    }

    pub(super) async fn refuse_throttled<T>(&self, ctx: &RequestCtx, limited: UsedUp) -> Result<T, Error> {
        self.audit_throttled(ctx, &limited.key).await?;
        Err(Error::TooManyTries { wait: retry_after(limited.wait) })
    }

    /// Records in the audit trail that somebody was throttled, once an hour: an attack must not fill it.
    async fn audit_throttled(&self, ctx: &RequestCtx, limited: &Key) -> Result<(), Error> {
        let budget = Budget { key: key("told of", &[limited]), bucket: limits::AUDIT_EVENTS_OF_AN_ATTACK };
        if self.has_taken(ctx, budget).await? {
            let mut tx = self.store().begin().await?;
            self.audit(&mut tx, ctx, None, Event::Throttled).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Deletes the rates that no longer count.
    pub(crate) async fn sweep_rates(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (at, batch) = (self.inner.database_clock.at(now), SWEEP_BATCH.unsigned_abs());
        while throttle::sweep_rates(self.store(), at, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }

    /// Deletes the failures that no longer count: the last is so long ago.
    pub(crate) async fn sweep_failures(&self, now: OffsetDateTime, after: Duration) -> Result<(), Error> {
        let [at, last_before] = [now, now - after].map(|time| self.inner.database_clock.at(time));
        let batch = SWEEP_BATCH.unsigned_abs();
        while throttle::sweep_failures(self.store(), at, last_before, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }
}

/// Whether an attempt that ends so is no failure: it got no verdict, or the password was right.
pub(crate) fn leaves_open(error: &Error) -> bool {
    matches!(
        error,
        Error::Overloaded
            | Error::Unavailable(_)
            | Error::Unconfirmed(_)
            | Error::Internal(_)
            | Error::AccountClosing { .. }
            | Error::AccountDisabled { .. }
    )
}

/// How long somebody is told to wait.
fn retry_after(wait: Duration) -> Duration {
    wait.max(Duration::SECOND)
}

/// The budget of an address, and the one of its network.
fn of_address(purpose: &str, ctx: &RequestCtx, bucket: Bucket) -> [Budget; 2] {
    let address = network(ctx.client.address);
    let around = neighbourhood(&address);
    [(address, bucket), (around, limits::of_a_network(bucket))]
        .map(|(part, bucket)| Budget { key: key(purpose, &[&part]), bucket })
}

/// The budget of a mailbox for the mails of a purpose, known or not.
fn mailbox(purpose: Purpose, name: &Identifier) -> Budget {
    let key = key("mail to", &[purpose.as_str().as_bytes(), &name_key(name)]);
    Budget { key, bucket: limits::MAILS_TO_A_MAILBOX }
}

/// The budget of a code.
fn guesses(of: &[&[u8]]) -> Budget {
    Budget { key: key("code of", of), bucket: limits::GUESSES_AT_A_CODE }
}

/// The key of a name's failures, whether or not it has an account; counts of older versions go on.
fn name_key(canonical: &Identifier) -> Key {
    match canonical {
        Identifier::Email(address) => key("e-mail", &[address.as_bytes()]),
        Identifier::Username(name) => key("username", &[name.as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_under_the_key_of_the_versions_before() {
        let hex = |key: Key| key.map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(
            [Identifier::Email("ana@example.com".into()), Identifier::Username("ana".into())]
                .map(|name| hex(name_key(&name))),
            [
                "68ab51dd1a873cdc2eb761cf142246d2d69cc1046970e5e44ac7c83e73a3497c",
                "d9ddd9d830c483daff0f906b5cc172881925c455e43bed30cc1c3b288a347ac3",
            ]
        );
    }
}
