mod form;
mod login_request;

pub use form::{Identifier, SignIn, SignInForm};
pub use login_request::{LoginRequest, Renewal};
