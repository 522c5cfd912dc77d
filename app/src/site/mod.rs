//! What the pages share: the document around them, the header, who is signed in, the owner's settings.

mod document;
mod header;
pub(crate) mod initial_state;
mod initials;
mod layout;
mod logout;
mod return_path;
mod session;
pub(crate) mod settings;

pub use document::THEME;
pub(crate) use document::{HeadTags, plain_document};
pub(crate) use header::{MemberHeader, SiteHeader};
pub(crate) use initial_state::SessionState;
pub use initial_state::{InitialState, Unsent};
pub use layout::{AuthLayout, Footer, MemberLayout, SplitLayout};
pub(crate) use return_path::ReturnPath;
pub(crate) use session::Session;
pub use settings::AppSettings;
