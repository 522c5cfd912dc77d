//! Second factors: passkeys, an authenticator app's codes, and recovery codes.

mod code;
mod form;
mod passkey;
mod passkey_call;
mod passkey_purpose;
mod view;

pub use code::{FactorCode, FactorMethod, RECOVERY_LETTERS, RECOVERY_LETTERS_BEFORE, RecoveryCode, TotpCode};
pub use form::{FactorForm, FactorLogin, FactorSignInForm, TotpConfirmForm};
pub use passkey::{
    NewPasskey, PasskeyAddForm, PasskeyAnswer, PasskeyRemoveForm, PasskeyRenameForm, PasskeySignIn,
    PasskeySignInForm, PasskeyView,
};
pub use passkey_call::{
    FactorChallenge, PasskeyAdded, PasskeyChange, PasskeyLogin, PasskeyOptions, PasskeySignInOptions,
};
pub use passkey_purpose::{PasskeyOptionsForm, PasskeyPurpose};
pub use view::{
    FactorsView, PendingSignInView, RecoveryCodes, SecondFactorNeeded, TotpConfirmation, TotpEnrolment,
    TotpView,
};
