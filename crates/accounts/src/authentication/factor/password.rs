//! The password. Only this file compares one with a stored hash; an unknown name costs one hash as well.

use crate::authentication::attempt::{Attempt, ProvenAttempt};
use crate::authentication::throttle::leaves_open;
use crate::credential::{Priority, Strength, Verdict};
use crate::{Accounts, Error, RequestCtx};
use domain::{Factor, PlainPassword};
use store::Tx;
use store::sessions::Proof;
use store::users::{self, User};

impl Accounts {
    /// Proves the password of an attempt.
    ///
    /// Unknown name, wrong password, disabled account and account without a password take the same path: one look-up,
    /// one hash, one audit row, one answer (P1, P2).
    pub(crate) async fn prove_password(
        &self,
        ctx: &RequestCtx,
        attempt: Attempt,
        password: PlainPassword,
    ) -> Result<ProvenAttempt, Error> {
        let judged = self.judge_password(ctx, &attempt, password).await;
        if judged.as_ref().is_err_and(leaves_open) {
            let in_turn =
                if self.redis_counts() { None } else { Some(self.store().turn_to_give_back().await) };
            self.give_back(ctx, &attempt.admitted).await;
            drop(in_turn);
        }
        let (tx, user) = judged?;
        let proofs = vec![Proof { factor: Factor::Password, at: ctx.now }];
        let earned = attempt.admitted.earned();
        let is_unfamiliar = !earned.known_device;
        Ok(ProvenAttempt { tx, user, proofs, earned, is_unfamiliar })
    }

    async fn judge_password(
        &self,
        ctx: &RequestCtx,
        attempt: &Attempt,
        password: PlainPassword,
    ) -> Result<(Tx, User), Error> {
        // By the clock that the end of an account that closes is told by.
        let now = self.inner.database_clock.time(ctx.now);
        let may_succeed = attempt.may_succeed(now);
        let Attempt { name, user, admitted, .. } = attempt;
        let (name, priority) = (name.as_str(), admitted.priority());
        let verdict = self.verify(password, name, user.as_ref(), may_succeed, priority).await?;
        // Who is known does not stand in line with strangers.
        let stranger = priority == Priority::Stranger;
        let _share = if stranger { Some(self.store().share_of_sign_ins().await?) } else { None };
        let mut tx = self.store().begin().await?;
        let proven = verdict.matches && may_succeed;
        let mut told = attempt.told(now).filter(|_| verdict.matches);
        // An admin's words are for whoever proves every factor.
        if let (Some(Error::AccountDisabled { .. }), Some(user)) = (&told, user)
            && self.enrolled_in(&mut tx, user).await? != [Factor::Password]
        {
            told = None;
        }
        // Its owner made no mistake.
        if let Some(closing @ Error::AccountClosing { .. }) = told {
            return Err(closing);
        }
        let user = match user {
            Some(user) if proven => user,
            known => {
                let (refusal, user) = (told.unwrap_or_else(|| admitted.refusal()), known.as_ref());
                return self.refuse_attempt(tx, ctx, user.map(|user| user.id), refusal).await;
            }
        };
        // Locked and compared: a password changed, or an account disabled, while we hashed counts.
        let closing_after = attempt.closing_after(now);
        if users::lock_password_hash(&mut tx, user.id, closing_after).await? != user.password_hash {
            return self.refuse_attempt(tx, ctx, Some(user.id), admitted.refusal()).await;
        }
        if let (Some(old), Some(new)) = (&user.password_hash, &verdict.rehashed) {
            users::rehash(&mut tx, user.id, old, new).await?;
        }
        Ok((tx, user.clone()))
    }

    /// Whether this is the password of an account whose owner is signed in.
    pub(crate) async fn is_password_of(
        &self,
        user: &User,
        password: PlainPassword,
        priority: Priority,
    ) -> Result<bool, Error> {
        Ok(self.verify(password, &user.email, Some(user), false, priority).await?.matches)
    }

    /// Compares a password with an account's, and hashes it again if the stored hash is old and `renew` is set.
    async fn verify(
        &self,
        password: PlainPassword,
        name: &str,
        user: Option<&User>,
        renew: bool,
        priority: Priority,
    ) -> Result<Verdict, Error> {
        let stored = user.and_then(|user| user.password_hash.as_deref());
        self.inner.hasher.verify(password, name, stored, renew, priority).await
    }

    /// Judges and hashes a new password, which is long enough; `words` are the person's own. The service's are bad
    /// passwords as well: its name, and its host (ASVS 6.1.2).
    pub(crate) async fn choose_password(
        &self,
        field: &'static str,
        password: PlainPassword,
        mut words: Vec<String>,
        priority: Priority,
    ) -> Result<String, Error> {
        let settings = self.settings();
        let host = settings.issuer.split("://").last().and_then(|rest| rest.split(['/', ':']).next());
        words.extend(host.map(str::to_owned));
        words.push(settings.mail.app_name.clone());
        let breached = settings.breached_passwords.clone();
        let strength = Strength { field, min_score: settings.password_min_score, words, breached };
        let chosen = self.inner.hasher.choose(password, strength, priority).await?;
        chosen.map_err(Error::from)
    }
}
