mod code;
mod confirm;
mod form;
mod login_request;

pub use code::{CodeLogin, CodeRequest, CodeRequestForm, CodeSignIn, CodeSignInForm};
pub use confirm::{ConfirmFactorForm, ConfirmForm, ConfirmView};
pub use form::{Identifier, SignIn, SignInForm};
pub use login_request::{LoginRequest, Renewal};
