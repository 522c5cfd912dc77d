//! Shared by all pages: the document around them, the header, the layouts, who is signed in.

mod avatar;
mod code_step;
mod document;
mod factor_code;
mod header;
mod initials;
mod layout;
mod logout;
mod mail_proof;
mod member_document;
mod passkey;
mod return_path;
mod scripts;
mod session;
mod stranger_document;

pub(crate) use avatar::avatar;
pub(crate) use code_step::CodeStep;
pub use document::THEME;
pub(crate) use document::{HeadTags, plain_document};
pub(crate) use factor_code::{FactorCodeField, asked_for, other_factors};
pub(crate) use header::{MemberHeader, SiteHeader};
pub use layout::{AuthLayout, Footer, MemberLayout, SplitLayout};
pub(crate) use mail_proof::{MailCodeField, MailProof};
pub use member_document::DocumentContext;
pub(crate) use member_document::{DocumentLayout, member_document};
pub(crate) use passkey::{PASSKEY_SCRIPT, PasskeyForm, PasskeyWords};
pub(crate) use return_path::ReturnPath;
pub(crate) use scripts::lean;
pub(crate) use session::Session;
pub use stranger_document::StrangerContext;
pub(crate) use stranger_document::{StrangerHead, stranger_document};
