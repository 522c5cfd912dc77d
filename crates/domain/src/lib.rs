//! The words that both sides of the wire speak: ids, raw forms, parsed changes, views, [`Problem`].
//!
//! Built twice, for the server and for the browser. It does no input or output, reads no clock and
//! no random source, and depends on nothing of ours. A form is parsed here for its *shape* only
//! (lengths, one `@`, no control characters), so that the page and the server call the same code;
//! canonical forms need Unicode tables, weigh 100 kB in WebAssembly, and live in `accounts`.

mod id;
mod import;
mod limits;
mod next;
mod password;
mod problem;
mod profile;
mod registration;
mod secret;
mod sign_in;
mod text;
mod viewer;

pub use id::{SessionId, UserId};
pub use import::{ImportForm, Imported};
pub use limits::*;
pub use next::safe_next;
pub use password::{PasswordChange, PasswordForm};
pub use problem::{Code, FieldError, Problem};
pub use profile::{Change, ProfileChange, ProfileForm, ProfileView};
pub use registration::{Registration, RegistrationForm};
pub use secret::{PlainPassword, RawPassword};
pub use sign_in::{Identifier, SignIn, SignInForm};
pub use text::{Email, FieldErrors, Name, Username};
pub use viewer::{Role, Viewer, display_name};
