//! The factors: one file for each proves it. docs/adding-a-factor.md shows how to add one.

mod email_code;
pub(crate) mod password;
mod recovery_code;
mod shown_codes;
mod totp;
mod totp_setup;

pub use totp_setup::TotpConfirmed;

use crate::audit::Event;
use crate::{Accounts, Error, RequestCtx};
use domain::{Factor, FactorCode, FactorMethod, UserId};
use store::Tx;
use store::factors::{self, recovery_codes};
use store::sessions::Proof;
use store::users::User;

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
        Ok(methods(&enrolled, recovery_codes::count(self.store(), user).await?))
    }

    /// The same of an account whose row is locked.
    pub(crate) async fn factor_methods_in(
        &self,
        tx: &mut Tx,
        user: UserId,
    ) -> Result<Vec<FactorMethod>, Error> {
        let enrolled = factors::enrolled_in(tx, user).await?;
        Ok(methods(&enrolled, recovery_codes::count_in(tx, user).await?))
    }

    /// Proves a second factor of an account, whose row is locked, and uses its code up. The try was counted before
    /// (`admit_factor`). A wrong code, a used one and an account without the factor take the same path.
    pub(crate) async fn prove_factor(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        code: &FactorCode,
    ) -> Result<Option<Proof>, Error> {
        let (factor, proven) = match code {
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
    ) -> Result<T, Error> {
        self.audit(&mut tx, ctx, Some(user.id), Event::FactorRefused).await?;
        tx.commit().await?;
        Err(Error::FactorRefused)
    }
}

fn beside_password(user: &User, second: Vec<Factor>) -> Vec<Factor> {
    user.password_hash.iter().map(|_| Factor::Password).chain(second).collect()
}

/// Recovery codes alone are no second factor.
fn methods(enrolled: &[Factor], recovery_codes: i64) -> Vec<FactorMethod> {
    let totp = enrolled.contains(&Factor::Totp).then_some(FactorMethod::Totp);
    let recovery = (!enrolled.is_empty() && recovery_codes > 0).then_some(FactorMethod::RecoveryCode);
    totp.into_iter().chain(recovery).collect()
}

/// What was proven, with one more: a factor that is proven again counts from then on.
pub(crate) fn with(mut proofs: Vec<Proof>, proof: Proof) -> Vec<Proof> {
    proofs.retain(|known| known.factor != proof.factor);
    proofs.push(proof);
    proofs
}
