//! The parts pages are made of. They paint, and know nothing of accounts.

mod button;
pub(crate) mod dom;
mod field;
mod fields;
mod form;
mod icon;
mod layout;
mod ledger;
mod loaded;
mod notice;
mod password;
mod text;
mod visit;

pub use button::SubmitButton;
pub use field::{CheckboxField, FieldError, HiddenField, Kind, ReadOnlyField, TextAreaField, TextField};
pub(crate) use form::typed_in;
pub use form::{Form, FormState, Pace, ShownTo};
pub use icon::Mark;
pub use layout::{Card, Doorway, Footer, Front, Heading, MemberPage};
pub use ledger::Ledger;
pub use loaded::{Loaded, SessionEnded};
pub use notice::{Notice, Tone};
pub use password::PasswordField;
pub(crate) use visit::Visit;
