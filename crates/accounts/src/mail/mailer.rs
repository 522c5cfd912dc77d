use crate::Logo;
use std::fmt;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// A mail, ready to be sent.
#[derive(Clone)]
pub struct Message {
    /// The row of the outbox: the same at every try, and so is what is made from it.
    pub id: Uuid,
    /// The address.
    pub to: String,
    /// The subject, in one line.
    pub subject: String,
    /// The plain text, which stands alone.
    pub text: String,
    /// The same as a document.
    pub html: String,
    /// The picture that the document shows as `cid:logo` ([`Logo::CONTENT_ID`]). One from elsewhere would tell when
    /// the mail is read, and clients show none that stands inside the document.
    pub logo: Option<Arc<Logo>>,
    /// When it was asked for.
    pub at: OffsetDateTime,
}

/// Without the address, and without the texts, which hold links.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("at", &self.at).finish_non_exhaustive()
    }
}

/// Why a mail was not taken, for the log: it names no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// Another try may do better.
    Later(String),
    /// It was refused for good.
    Never(String),
}

/// What takes mails to their mailboxes.
pub trait Mailer: Send + Sync + 'static {
    /// Sends one.
    ///
    /// # Errors
    /// [`Undelivered`] where nobody took it.
    fn send(&self, message: Message) -> impl Future<Output = Result<(), Undelivered>> + Send;
}
