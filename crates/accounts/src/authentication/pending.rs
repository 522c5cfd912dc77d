//! Sign-ins that wait for their second factor. One is a row of five minutes, named by a token that only its client has.
//! It opens nothing and forgives nothing: no session exists before the second factor is proven.

use crate::audit::{Event, FactorAt};
use crate::authentication::attempt::{IfBarred, ProvenAttempt};
use crate::authentication::establish::{Established, Goal, Transport};
use crate::authentication::factor::{self, Asked};
use crate::authentication::throttle::Earned;
use crate::limits::key::key;
use crate::mail::{MissedStep, Notice};
use crate::policy::SWEEP_BATCH;
use crate::version;
use crate::view::timestamp;
use crate::{Accounts, Error, PendingSignIn, RawToken, RequestCtx, SignedIn, limits, policy};
use domain::{Factor, FactorCode, FactorSignInForm, PendingSignInView, SessionKind, TokenPair, UserId};
use store::sessions::pending::{self, BegunBy};
use store::throttle::Key;
use store::users::{self, User};
use store::{TokenHash, one_time_tokens};
use time::OffsetDateTime;
use uuid::Uuid;

impl Accounts {
    /// Completes a browser's sign-in with its second factor.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::ChallengeInvalid`], [`Error::ChangedMeanwhile`] where the form was shown for another
    /// sign-in, [`Error::FactorRefused`], [`Error::PasskeyRefused`], [`Error::TooManyTries`], [`Error::Unavailable`].
    pub async fn sign_in_by_factor(
        &self,
        ctx: &RequestCtx,
        challenge: &str,
        form: FactorSignInForm,
    ) -> Result<SignedIn, Error> {
        let (code, waiting) = (form.parse()?, hash(challenge)?);
        let counted = self.count_factor_try(ctx, &waiting, SessionKind::Browser, &code).await?;
        let (mut attempt, waited) = self.prove_waiting(ctx, &waiting, counted, &code).await?;
        attempt.earned.trust = !form.trust.is_empty() && attempt.may_trust();
        let transport = Transport::Browser { persistent: waited.persistent };
        self.complete(ctx, attempt, transport, IfBarred::of_page(waited.restores)).await.map(SignedIn::from)
    }

    /// The same for a program, which gets a device token if it has asked for one.
    ///
    /// # Errors
    /// As [`Accounts::sign_in_by_factor`].
    pub async fn sign_in_by_factor_bearer(
        &self,
        ctx: &RequestCtx,
        challenge: &str,
        form: FactorSignInForm,
    ) -> Result<(TokenPair, Option<RawToken>), Error> {
        let (code, waiting) = (form.parse()?, hash(challenge)?);
        let counted = self.count_factor_try(ctx, &waiting, SessionKind::Bearer, &code).await?;
        let (attempt, waited) = self.prove_waiting(ctx, &waiting, counted, &code).await?;
        let refresh_token = self.new_refresh_token();
        let known = waited.known;
        let transport = Transport::Bearer { refresh_token: &refresh_token, known };
        let Established { token, device, .. } =
            self.complete(ctx, attempt, transport, IfBarred::of_page(waited.restores)).await?;
        Ok((self.token_pair(token.jwt, &refresh_token), known.then_some(device)))
    }

    /// What a browser's sign-in waits for; none where none waits.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn pending_sign_in(
        &self,
        ctx: &RequestCtx,
        challenge: &str,
    ) -> Result<Option<PendingSignInView>, Error> {
        let Ok(waiting) = hash(challenge) else { return Ok(None) };
        let version = version::of_waiting(&waiting);
        let (now, most) = (self.inner.database_clock.time(ctx.now), limits::FACTOR_TRIES_OF_A_SIGN_IN);
        let Some(waiting) = pending::waits(self.store(), &waiting, SessionKind::Browser, most, now).await?
        else {
            return Ok(None);
        };
        let methods = self.factor_methods(waiting.user).await?;
        let expires_at = timestamp(waiting.expires_at);
        let role = users::by_id(self.store(), waiting.user).await?.map(|user| user.role);
        let proven: Vec<_> = waiting.factors.iter().map(|proof| proof.factor).collect();
        let may_trust = role.is_some_and(|role| policy::may_be_trusted(role, &proven));
        // Its own notice is what takes it away, if somebody else has set it up.
        let links = one_time_tokens::of_factors(self.store(), waiting.user).await?;
        let set_up_lately = links.iter().any(|link| link.expires_at > now);
        let next = waiting.next;
        Ok(Some(PendingSignInView { methods, expires_at, next, version, may_trust, set_up_lately }))
    }

    /// Ends a browser's sign-in that waits, if it is the one that the form was shown for.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`], [`Error::Unavailable`].
    pub async fn end_pending_sign_in(&self, ctx: &RequestCtx, challenge: &str) -> Result<(), Error> {
        let Ok(waiting) = hash(challenge) else { return Ok(()) };
        ctx.check_version(|| version::of_waiting(&waiting))?;
        Ok(pending::expire(self.store(), &waiting, self.inner.database_clock.time(ctx.now)).await?)
    }

    /// Has an attempt wait for its second factor.
    pub(super) async fn wait_for_factor(
        &self,
        ctx: &RequestCtx,
        attempt: ProvenAttempt,
        goal: &Goal<'_>,
    ) -> Result<PendingSignIn, Error> {
        let ProvenAttempt { mut tx, user, proofs, earned, is_unfamiliar } = attempt;
        let methods = self.factor_methods_in(&mut tx, user.id).await?;
        // Its password may have been hashed anew a moment ago.
        let user = users::lock(&mut tx, user.id).await?.ok_or(Error::WrongCredentials)?;
        let now = self.inner.database_clock.time(ctx.now);
        let challenge = RawToken::new(self.inner.rng.as_ref());
        // As a sign-in that is passed.
        let is_news = is_unfamiliar
            && proofs.iter().any(|proof| proof.factor == Factor::Password)
            && self.is_news(&mut tx, ctx, &user, goal.transport.kind()).await?;
        let row = pending::PendingSignIn {
            user: user.id,
            // A program that keeps cookies goes on with tokens.
            kind: match goal.transport.kind() {
                SessionKind::Browser => SessionKind::Browser,
                SessionKind::Bearer | SessionKind::ApiCookie => SessionKind::Bearer,
            },
            persistent: goal.transport.is_persistent(),
            known: matches!(goal.transport, Transport::Bearer { known: true, .. }),
            restores: goal.if_barred == IfBarred::Restore,
            next: goal.next.to_owned(),
            is_news,
            begun_by: begun_by(ctx),
            factors: proofs,
            password_digest: password_digest(&user).to_vec(),
            forgives: earned.forgives.iter().map(|key| key.to_vec()).collect(),
            expires_at: now + policy::SIGN_IN_WAITS_FOR_FACTOR,
        };
        pending::insert(&mut tx, &challenge.hash(), &row, now).await?;
        tx.commit().await?;
        Ok(PendingSignIn { challenge, methods, expires_in: policy::SIGN_IN_WAITS_FOR_FACTOR })
    }

    /// The sign-in that waits under a challenge, if one has a try left.
    pub(super) async fn waits(
        &self,
        ctx: &RequestCtx,
        waiting: &TokenHash,
        kind: SessionKind,
    ) -> Result<Option<pending::Waiting>, Error> {
        let (now, most) = (self.inner.database_clock.time(ctx.now), limits::FACTOR_TRIES_OF_A_SIGN_IN);
        Ok(pending::waits(self.store(), waiting, kind, most, now).await?)
    }

    /// Counts a try at the second factor of an account, and at the sign-in that waits: for good, whatever comes of it. Says
    /// whose it is, and what its success forgives. Whom the account's own limit refuses keeps the tries at this sign-in.
    async fn count_factor_try(
        &self,
        ctx: &RequestCtx,
        waiting: &TokenHash,
        kind: SessionKind,
        code: &FactorCode,
    ) -> Result<(UserId, Vec<Key>), Error> {
        let (now, most) = (self.inner.database_clock.time(ctx.now), limits::FACTOR_TRIES_OF_A_SIGN_IN);
        let waits = pending::waits(self.store(), waiting, kind, most, now).await?;
        let user = waits.ok_or(Error::ChallengeInvalid)?.user;
        // Another sign-in in the same browser has taken the place of the one that the form was shown for.
        ctx.check_version(|| version::of_waiting(waiting))?;
        self.admit_factor(ctx, user, code).await?;
        let forgives = self.count_in_a_row(ctx, user, code).await?;
        let counted = pending::count_try(self.store(), waiting, most, now).await?;
        if counted { Ok((user, forgives)) } else { Err(Error::ChallengeInvalid) }
    }

    /// Proves the second factor that a sign-in waits for, and ends its waiting. The account is read again under its lock:
    /// one that was disabled, or got another password, meanwhile counts.
    async fn prove_waiting(
        &self,
        ctx: &RequestCtx,
        waiting: &TokenHash,
        (user, in_a_row): (UserId, Vec<Key>),
        code: &FactorCode,
    ) -> Result<(ProvenAttempt, pending::PendingSignIn), Error> {
        let known_device = self.known_device(&ctx.client, Some(user)).await?.is_some();
        let now = self.inner.database_clock.time(ctx.now);
        let mut tx = self.store().begin().await?;
        let user = users::lock(&mut tx, user).await?.ok_or(Error::ChallengeInvalid)?;
        let waited = pending::find(&mut tx, waiting, now).await?.ok_or(Error::ChallengeInvalid)?;
        let may_open = user.is_active || (waited.restores && policy::may_restore(user.closes_at, now));
        if !may_open || waited.password_digest != password_digest(&user) {
            return Err(Error::ChallengeInvalid);
        }
        // Whoever signs in acts as no session that this client may have.
        let stranger = ctx.as_stranger();
        let asked = Asked::to_complete(waiting);
        let Some(proof) = self.prove_factor(&mut tx, &stranger, &user, (code, asked)).await? else {
            return self.refuse_factor(tx, &stranger, &user, (code, FactorAt::SignIn)).await;
        };
        let proofs = factor::with(waited.factors.clone(), proof);
        if !pending::end(&mut tx, waiting).await? || !self.is_enough(&mut tx, &user, &proofs).await? {
            return Err(Error::ChallengeInvalid);
        }
        self.trust_with_password(&mut tx, user.id, &proofs, code).await?;
        // What the same browser began before, and left, is no news either.
        if waited.kind == SessionKind::Browser {
            pending::told_of(&mut tx, user.id, &waited.begun_by).await?;
        }
        let forgives = waited.forgives.iter().filter_map(|key| Key::try_from(key.as_slice()).ok());
        let forgives = forgives.chain(in_a_row);
        let earned = Earned { forgives: forgives.collect(), known_device, trust: false };
        Ok((ProvenAttempt { tx, user, proofs, earned, is_unfamiliar: !known_device }, waited))
    }

    /// Deletes sign-ins that no longer wait. Whose password was used, and who may not know, is told first: once an hour, and
    /// of what that leaves untold with the next.
    pub(crate) async fn sweep_pending_sign_ins(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (ended, batch) = (self.inner.database_clock.time(now), SWEEP_BATCH.unsigned_abs());
        let mut after = UserId(Uuid::nil());
        while let Some(user) = pending::untold(self.store(), ended, after).await? {
            self.tell_of_missed(user, now, ended).await?;
            after = user;
        }
        while pending::sweep(self.store(), ended, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }

    async fn tell_of_missed(
        &self,
        user: UserId,
        now: OffsetDateTime,
        ended: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut tx = self.store().begin().await?;
        let Some(user) = users::lock(&mut tx, user).await? else { return Ok(()) };
        let mut ctx = RequestCtx::command_line(now);
        let unnamed = Notice::SecondStepMissed { missed: Vec::new() };
        if self.sends_mail() && !self.may_tell(&mut tx, &ctx, user.id, &unnamed).await? {
            return Ok(());
        }
        let mut told: Vec<pending::Missed> = Vec::new();
        for missed in pending::take_untold(&mut tx, user.id, ended).await? {
            ctx.client.address = missed.by.address.parse().unwrap_or(ctx.client.address);
            ctx.client.agent.clone_from(&missed.by.agent);
            let event = Event::SecondStepMissed { begun_at: missed.at };
            self.audit(&mut tx, &ctx, Some(user.id), event).await?;
            // A password that is another one by now is nobody's to worry about.
            let still_opens = missed.password_digest == password_digest(&user);
            if still_opens && told.len() < MOST_TOLD && told.iter().all(|known| known.by != missed.by) {
                told.push(missed);
            }
        }
        if !told.is_empty() {
            let missed = told.iter().map(|missed| MissedStep::of(missed.at, &missed.by)).collect();
            self.notify(&mut tx, &ctx, &user, Notice::SecondStepMissed { missed }).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// How many clients one mail names; the trail names all.
const MOST_TOLD: usize = 5;

fn begun_by(ctx: &RequestCtx) -> BegunBy {
    BegunBy { agent: ctx.client.agent.clone(), address: ctx.client.address.to_string() }
}

/// A challenge as it is stored.
fn hash(challenge: &str) -> Result<TokenHash, Error> {
    RawToken::parse(challenge).map(|token| token.hash()).ok_or(Error::ChallengeInvalid)
}

/// What a sign-in that waits keeps of the password. A hash holds a random salt, so its digest tells nothing.
fn password_digest(user: &User) -> Key {
    key("password of a sign-in that waits", &[user.password_hash.as_deref().unwrap_or_default().as_bytes()])
}
