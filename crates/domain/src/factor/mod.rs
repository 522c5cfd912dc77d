//! Second factors: an authenticator app's codes, and recovery codes.

mod code;
mod form;
mod view;

pub use code::{FactorCode, FactorMethod, RecoveryCode, TotpCode};
pub use form::{FactorForm, FactorLogin, FactorSignInForm, TotpConfirmForm};
pub use view::{
    FactorsView, PendingSignInView, RecoveryCodes, SecondFactorNeeded, TotpConfirmation, TotpEnrolment,
    TotpView,
};
