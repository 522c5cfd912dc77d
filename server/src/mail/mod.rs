//! What takes mails out of the outbox: to a mail server, or in development into a mailbox of its own.

mod letterhead;
mod mailbox;
mod smtp;

pub use letterhead::Letterhead;
pub use mailbox::Mailbox;
pub use smtp::Smtp;

use crate::config::{Config, MailTransport};
use accounts::{Mailer, Message, Undelivered};
use std::sync::Arc;

/// Where development keeps its mails.
const FOLDER: &str = "var/mail";

/// Where mails go. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// To a mail server.
    Smtp(Arc<Smtp>),
    /// To nobody: a developer reads them.
    Mailbox(Mailbox),
}

impl Outgoing {
    /// As configured; `None` where mail is off.
    #[must_use]
    pub fn new(config: &Config) -> Option<Self> {
        let letterhead = Letterhead::new(config);
        match &config.mail.transport {
            MailTransport::Smtp(server) => Some(Self::Smtp(Arc::new(Smtp::new(server.clone(), letterhead)))),
            MailTransport::Mailbox => Some(Self::Mailbox(Mailbox::new(letterhead, FOLDER))),
            MailTransport::None => None,
        }
    }
}

impl Outgoing {
    /// Whether a mail would be taken, as far as that shows without one.
    ///
    /// # Errors
    /// [`Undelivered`] where the mail server cannot be reached, or refuses us.
    pub async fn greet(&self) -> Result<(), Undelivered> {
        match self {
            Self::Smtp(smtp) => smtp.greet().await,
            Self::Mailbox(_) => Ok(()),
        }
    }
}

impl Mailer for Outgoing {
    async fn send(&self, message: Message) -> Result<(), Undelivered> {
        match self {
            Self::Smtp(smtp) => smtp.send(&message).await,
            Self::Mailbox(mailbox) => mailbox.receive(message).await,
        }
    }
}
