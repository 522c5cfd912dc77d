//! The factors: one file for each proves it. docs/adding-a-factor.md shows how to add one.

mod email_code;
pub(crate) mod password;

use domain::Factor;
use store::sessions::Proof;
use store::users::User;

/// The factors that an account can be asked for.
pub(crate) fn enrolled(user: &User) -> Vec<Factor> {
    user.password_hash.iter().map(|_| Factor::Password).collect()
}

/// What was proven, with one more: a factor that is proven again counts from then on.
pub(crate) fn with(mut proofs: Vec<Proof>, proof: Proof) -> Vec<Proof> {
    proofs.retain(|known| known.factor != proof.factor);
    proofs.push(proof);
    proofs
}
