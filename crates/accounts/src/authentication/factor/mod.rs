//! The factors: one file for each proves it. docs/adding-a-factor.md shows how to add one.

mod email_code;
mod in_a_row;
mod passkey;
pub(crate) mod password;
mod recovery_code;
mod shown_codes;
mod taken_back;
mod totp;
mod totp_setup;

pub(crate) use passkey::Asked;
pub(crate) use taken_back::TakenBack;
pub use totp_setup::PendingTotp;

use crate::audit::{Event, FactorAt, OfPasskey};
use crate::mail::Notice;
use crate::{Accounts, Error, RequestCtx, SessionToken};
use domain::{Factor, FactorCode, FactorMethod, PasskeyView, RecoveryCodes, UserId};
use store::Tx;
use store::factors::{self, recovery_codes, totp as apps};
use store::sessions::{Proof, pending};
use store::users::User;
use time::{Duration, OffsetDateTime};

/// How much later than a factor its own notice may be dated: notices of an account are in their order.
const SAME_MOMENT: Duration = Duration::SECOND;

/// A second factor that counts from now on.
struct Added<'a> {
    factor: Factor,
    /// Where it is one.
    passkey: Option<OfPasskey<'a>>,
    is_first: bool,
    /// Whether it took the place of one.
    replaced: bool,
}

/// A second factor that is there no longer.
#[derive(Clone, Copy)]
pub(crate) struct Removed<'a> {
    factor: Factor,
    /// Where it is one.
    passkey: Option<OfPasskey<'a>>,
    ended_sessions: u64,
    /// When, and until when it is kept to come back, with the recovery codes that go with the last one.
    kept: Option<(OffsetDateTime, OffsetDateTime)>,
}

impl Removed<'_> {
    fn of(factor: Factor) -> Self {
        Self { factor, passkey: None, ended_sessions: 0, kept: None }
    }
}

/// A second factor was set up.
#[derive(Debug)]
pub struct FactorAdded {
    /// For the cookie of a browser's new session.
    pub token: Option<SessionToken>,
    /// Where it is the first second factor.
    pub recovery_codes: Option<RecoveryCodes>,
    /// Where it is a passkey.
    pub passkey: Option<PasskeyView>,
}

impl Accounts {
    /// The factors that an account can be asked for.
    pub(crate) async fn enrolled(&self, user: &User) -> Result<Vec<Factor>, Error> {
        Ok(beside_password(user, factors::enrolled(self.store(), user.id).await?))
    }

    /// The same of an account whose row is locked.
    pub(crate) async fn enrolled_in(&self, tx: &mut Tx, user: &User) -> Result<Vec<Factor>, Error> {
        Ok(beside_password(user, factors::enrolled_in(tx, user.id).await?))
    }

    /// What an account's second factors can be proven with.
    pub(crate) async fn factor_methods(&self, user: UserId) -> Result<Vec<FactorMethod>, Error> {
        let enrolled = factors::enrolled(self.store(), user).await?;
        let opens = self.opens(apps::key_id(self.store(), user).await?);
        Ok(self.methods(&enrolled, opens, recovery_codes::count(self.store(), user).await?))
    }

    /// The same of an account whose row is locked.
    pub(crate) async fn factor_methods_in(
        &self,
        tx: &mut Tx,
        user: UserId,
    ) -> Result<Vec<FactorMethod>, Error> {
        let enrolled = factors::enrolled_in(tx, user).await?;
        let opens = self.opens(apps::key_id_in(tx, user).await?);
        Ok(self.methods(&enrolled, opens, recovery_codes::count_in(tx, user).await?))
    }

    /// Recovery codes alone are no second factor, and what cannot be checked here is not asked for.
    fn methods(&self, enrolled: &[Factor], opens_totp: bool, recovery_codes: i64) -> Vec<FactorMethod> {
        let has = |method: &FactorMethod| match method {
            FactorMethod::Passkey => self.has_passkeys() && enrolled.contains(&Factor::Passkey),
            FactorMethod::Totp => opens_totp && enrolled.contains(&Factor::Totp),
            FactorMethod::RecoveryCode => !enrolled.is_empty() && recovery_codes > 0,
        };
        FactorMethod::ALL.into_iter().filter(has).collect()
    }

    /// Whether the key of an app's secret is there: without it no code of the app can be compared.
    fn opens(&self, key_id: Option<String>) -> bool {
        let held = |id: String| self.settings().encryption.as_ref()?.ids().find(|held| *held == id).map(drop);
        key_id.and_then(held).is_some()
    }

    /// Proves a second factor of an account, whose row is locked, and uses its code up. The try was counted before
    /// (`admit_factor`). A wrong code, a used one and an account without the factor take the same path.
    pub(crate) async fn prove_factor(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        (code, asked): (&FactorCode, Asked<'_>),
    ) -> Result<Option<Proof>, Error> {
        let (factor, proven) = match code {
            FactorCode::Passkey(answer) => {
                (Factor::Passkey, self.use_passkey(tx, ctx, user, (answer, asked)).await?)
            }
            FactorCode::Totp(code) => (Factor::Totp, self.use_totp(tx, ctx, user.id, code).await?),
            FactorCode::Recovery(code) => {
                (Factor::RecoveryCode, self.use_recovery_code(tx, ctx, user, code).await?)
            }
        };
        Ok(proven.then_some(Proof { factor, at: ctx.now }))
    }

    /// Refuses the code of a second factor, and records it.
    pub(crate) async fn refuse_factor<T>(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        user: &User,
        (code, at): (&FactorCode, FactorAt),
    ) -> Result<T, Error> {
        self.audit(&mut tx, ctx, Some(user.id), Event::FactorRefused { at }).await?;
        tx.commit().await?;
        Err(match code {
            FactorCode::Passkey(_) => Error::PasskeyRefused,
            FactorCode::Totp(_) | FactorCode::Recovery(_) => Error::FactorRefused,
        })
    }

    /// What else becomes of an account that has got a second factor, with which its owner has just shown who they are.
    async fn factor_added(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        Added { factor, passkey, is_first, replaced }: Added<'_>,
    ) -> Result<FactorAdded, Error> {
        let member = ctx.enrolling()?;
        let recovery_codes =
            if is_first { Some(self.replace_recovery_codes(tx, ctx, member).await?) } else { None };
        pending::end_all(tx, user.id).await?;
        let proofs = with(member.factors.clone(), Proof { factor, at: ctx.now });
        let (_, token, ended_sessions) =
            self.keep_only_this_session(tx, ctx, member, user.role, &proofs).await?;
        self.audit(tx, ctx, Some(user.id), Event::FactorAdded { factor, passkey, ended_sessions }).await?;
        let notice = Notice::FactorAdded { factor: factor.as_str().to_owned(), replaced };
        self.notify(tx, ctx, user, notice).await?;
        Ok(FactorAdded { token, recovery_codes, passkey: None })
    }
}

fn beside_password(user: &User, second: Vec<Factor>) -> Vec<Factor> {
    user.password_hash.iter().map(|_| Factor::Password).chain(second).collect()
}

/// What was proven, with one more: a factor that is proven again counts from then on.
pub(crate) fn with(mut proofs: Vec<Proof>, proof: Proof) -> Vec<Proof> {
    proofs.retain(|known| known.factor != proof.factor);
    proofs.push(proof);
    proofs
}
