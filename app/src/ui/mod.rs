//! The components of pages. They paint, and know nothing of accounts.

mod button;
mod card;
pub(crate) mod dom;
mod dynamic;
mod fetch;
mod field;
mod flash;
mod form;
mod heading;
mod icon;
mod notice;
mod page_context;
mod page_load;
mod password;
mod plain_form;
mod text;
mod written;

pub use button::SubmitButton;
pub use card::Card;
pub(crate) use dynamic::dynamic;
pub use fetch::Fetch;
pub(crate) use field::units;
pub use field::{
    CheckboxField, ErrorMessage, HiddenField, InputKind, ReadOnlyField, TextAreaField, TextField,
};
pub use flash::Flash;
pub use form::{Form, FormErrors, FormState, Progress, input_value};
pub use heading::Heading;
pub use icon::{DoorScene, Mark};
pub(crate) use icon::{Tick, Warning};
pub use notice::{Notice, Tone};
pub use page_context::PageContext;
pub use page_load::PageLoad;
pub use password::PasswordField;
pub(crate) use plain_form::{PlainForm, hidden, outcome};
pub(crate) use text::escaped;
pub(crate) use written::written;
