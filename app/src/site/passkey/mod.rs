//! Passkeys: what a browser is asked, and the forms that bring its answer.

mod api;
mod form;

pub(crate) use form::{PASSKEY_SCRIPT, PasskeyForm, PasskeyWords};
