//! One account: how it is made, shown and changed. Every write locks the account's row first ([`locked`]).

mod disown;
mod email;
mod export;
mod invitation;
mod leave;
mod locked;
pub(crate) mod me;
mod password;
mod profile;
mod prove;
mod recovery;
pub(crate) mod register;
mod repeat;
mod reserved;
mod sign_up;
mod verification;

pub use export::Export;
pub use me::EncodedAccount;
pub use password::PasswordChanged;
pub use prove::Proven;
pub use repeat::SignUpForm;
pub use sign_up::SignUp;
