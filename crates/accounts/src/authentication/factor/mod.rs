//! The factors: what each takes to be proven is a file here. docs/adding-a-factor.md shows how another one comes in.

pub(crate) mod password;

use domain::Factor;
use store::sessions::Proof;
use store::users::User;

/// What an account can be asked for.
pub(crate) fn enrolled(user: &User) -> Vec<Factor> {
    user.password_hash.iter().map(|_| Factor::Password).collect()
}

/// What was proven, with one more: a factor that is proven again counts from then on.
pub(crate) fn with(mut proofs: Vec<Proof>, proof: Proof) -> Vec<Proof> {
    proofs.retain(|known| known.factor != proof.factor);
    proofs.push(proof);
    proofs
}
