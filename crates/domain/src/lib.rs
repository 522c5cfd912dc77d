//! The words that both sides of the wire speak: ids, raw forms, parsed changes, views, [`Problem`].
//!
//! Built twice, for the server and for the browser. It does no input or output, reads no clock and
//! no random source, and depends on nothing of ours. A form is parsed here for its *shape* only
//! (lengths, one `@`, no control characters), so that the page and the server call the same code;
//! canonical forms need Unicode tables, weigh 100 kB in WebAssembly, and live in `accounts`.

mod activity;
mod admin;
mod device;
mod grant;
mod id;
mod import;
mod invisible;
mod limits;
mod next;
mod page;
mod password;
mod problem;
mod profile;
mod registration;
mod secret;
mod session;
mod sign_in;
mod text;
mod timestamp;
mod token;
mod user;
mod viewer;

pub use activity::{ActivityView, AuditFilter, AuditQuery, AuditView};
pub use admin::{AdminChange, AdminPatch, UserFilter, UserQuery};
pub use device::SessionView;
pub use grant::{Grant, Renewal};
pub use id::{SessionId, UserId};
pub use import::{ImportForm, Imported};
pub use invisible::{is_invisible, trim};
pub use limits::*;
pub use next::{next_in, safe_next};
pub use page::{Page, PageRequest, Span};
pub use password::{PasswordChange, PasswordForm};
pub use problem::{Code, FieldError, Problem, in_words};
pub use profile::{Change, ProfileChange, ProfileForm, ProfileView};
pub use registration::{NewAccount, Registration, RegistrationForm};
pub use secret::{PlainPassword, RawPassword};
pub use session::SessionKind;
pub use sign_in::{Identifier, SignIn, SignInForm};
pub use text::{Email, FieldErrors, Name, Username};
pub use timestamp::Timestamp;
pub use token::{TokenPair, TokenType};
pub use user::{DeletionForm, UserChange, UserPatch, UserView};
pub use viewer::{Role, Viewer, display_name};
