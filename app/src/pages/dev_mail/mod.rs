//! `/dev/mail`, in development without a mail server only: the mails that were sent.
//!
//! Drawn by the server alone and without a script, so none of it is in the WebAssembly.

mod page;

pub use page::{SentMail, mail_document, mails_document};
