//! The types that both sides of the wire share: ids, raw forms, parsed changes, views, [`Problem`].
//!
//! Built twice, for the server and for the browser. It does no input or output, reads no clock and
//! no random source, and depends on nothing of ours. A form is parsed here for its *shape* only
//! (lengths, one `@`, no control characters), so that the page and the server call the same code;
//! canonical forms need Unicode tables, weigh 100 kB in WebAssembly, and live in `accounts`.

mod account;
mod admin;
mod admin_act;
mod audit;
mod audit_search;
mod event_kind;
mod factor;
mod field_error;
mod id;
mod import;
mod import_reason;
mod invisible;
mod limits;
mod one_time;
mod page;
mod problem;
mod problem_document;
mod return_path;
mod secret;
mod session;
mod sign_in;
mod text;
mod timestamp;
mod ways_in;

pub use account::*;
pub use admin::*;
pub use admin_act::{
    AdminAct, AdminActForm, AdminDeed, AdminUserView, Asking, FactorsClearing, InvitationView, InviteForm,
    MadeLink, RevokeForm,
};
pub use audit::{ActivityView, Addresses, AuditFilter, AuditQuery, AuditView};
pub use audit_search::AuditSearch;
pub use event_kind::{EventKind, EventResult};
pub use factor::{
    FactorChallenge, FactorCode, FactorForm, FactorLogin, FactorMethod, FactorSignInForm, FactorsView,
    NewPasskey, PasskeyAddForm, PasskeyAdded, PasskeyAnswer, PasskeyChange, PasskeyLogin, PasskeyOptions,
    PasskeyOptionsForm, PasskeyPurpose, PasskeyRemoveForm, PasskeyRenameForm, PasskeySignIn,
    PasskeySignInForm, PasskeySignInOptions, PasskeyView, PendingSignInView, RECOVERY_LETTERS,
    RECOVERY_LETTERS_BEFORE, RecoveryCode, RecoveryCodes, SecondFactorNeeded, TotpCode, TotpConfirmForm,
    TotpConfirmation, TotpEnrolment, TotpView,
};
pub use field_error::{
    FieldError, FieldErrors, FormReason, PasswordAdvice, PasswordWarning, PasswordWeakness, Reason,
};
pub use id::{DeviceId, PasskeyId, SessionId, UserId};
pub use import::{ImportForm, Imported};
pub use import_reason::ImportReason;
pub use invisible::{is_invisible, trim};
pub use limits::*;
pub use one_time::{
    AddressForm, CODE_ALPHABET, CODE_LETTERS, Invitation, InvitationForm, MailCode, NotMeForm, Presented,
    Purpose, Reset, ResetForm, Verify, VerifyForm,
};
pub use page::{Direction, Page, PageRequest, Place, Span, TwoWayPage, Window};
pub use problem::{Code, Detail, Problem, RefusedAct};
pub use problem_document::{FieldMessage, ProblemDocument};
pub use return_path::{next_in, safe_next};
pub use secret::{PlainPassword, RawPassword, RawSecret};
pub use session::{
    DeviceForm, Factor, KnownDeviceView, SessionForm, SessionKind, SessionView, TokenPair, TokenType,
};
pub use sign_in::{
    CodeLogin, CodeRequest, CodeRequestForm, CodeSignIn, CodeSignInForm, ConfirmFactorForm, ConfirmForm,
    ConfirmView, Identifier, LoginRequest, Renewal, SignIn, SignInForm,
};
pub use text::Email;
pub use timestamp::Timestamp;
pub use ways_in::{FirstStep, Loss, Mailbox, Remedy, SecondStep, WayIn, WaysIn};
