//! What a mail's link or code is good for, and the forms that take it.

mod forms;
mod invitation;
mod presented;
mod purpose;

pub use forms::{AddressForm, NotMeForm, Reset, ResetForm, Verify, VerifyForm};
pub use invitation::{Invitation, InvitationForm};
pub use presented::{CODE_ALPHABET, CODE_LETTERS, MailCode, Presented};
pub use purpose::Purpose;
