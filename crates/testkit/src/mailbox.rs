use accounts::{Mailer, Message, Undelivered};
use std::sync::{Arc, Mutex};

/// A mail server that keeps what it is sent, or refuses it while it is told to. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    taken: Vec<Message>,
    refusal: Option<Undelivered>,
}

impl Mailbox {
    /// From now on every mail is refused like this, until it is told otherwise.
    pub fn refuse(&self, refusal: Option<Undelivered>) {
        self.inner.lock().unwrap().refusal = refusal;
    }

    /// Whether no mail has come since the last look.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.lock().unwrap().taken.is_empty()
    }

    /// The mails that came since the last look.
    #[must_use]
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.inner.lock().unwrap().taken)
    }
}

impl Mailer for Mailbox {
    async fn send(&self, message: Message) -> Result<(), Undelivered> {
        let mut inner = self.inner.lock().unwrap();
        if let Some(refusal) = inner.refusal.clone() {
            return Err(refusal);
        }
        inner.taken.push(message);
        Ok(())
    }
}

/// The token of the link in a mail to this page, such as `reset`.
///
/// # Panics
/// Where the mail has no such link.
#[must_use]
pub fn link_token(message: &Message, page: &str) -> String {
    let (_, rest) = message.text.split_once(&format!("/{page}#")).unwrap();
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

/// The code in a mail, as it is shown.
///
/// # Panics
/// Where the mail has no code.
#[must_use]
pub fn mail_code(message: &Message) -> String {
    let is_code = |word: &&str| {
        word.len() == 11
            && word.char_indices().all(|(at, c)| {
                if at == 5 { c == '-' } else { c.is_ascii_uppercase() || ('2'..='7').contains(&c) }
            })
    };
    message.text.split_whitespace().find(is_code).unwrap().to_owned()
}
