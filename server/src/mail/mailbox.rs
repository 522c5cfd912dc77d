use super::letterhead::Letterhead;
use accounts::{Message, Undelivered};
use std::collections::VecDeque;
use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use time::UtcOffset;
use uuid::Uuid;

/// The oldest makes room in memory; its file stays.
const MOST: usize = 200;

/// Where the mails of a developer's server end, in memory and as files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    letterhead: Letterhead,
    folder: PathBuf,
    received: Mutex<VecDeque<Message>>,
}

impl Mailbox {
    /// An empty one; its files go into `folder`.
    #[must_use]
    pub fn new(letterhead: Letterhead, folder: impl Into<PathBuf>) -> Self {
        let inner = Inner { letterhead, folder: folder.into(), received: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// All that it keeps, the newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Message> {
        let received = self.inner.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.iter().rev().cloned().collect()
    }

    /// One of them.
    #[must_use]
    pub fn find(&self, id: Uuid) -> Option<Message> {
        self.list().into_iter().find(|message| message.id == id)
    }

    /// A repeat takes the place of the first.
    pub(super) async fn receive(&self, message: Message) -> core::result::Result<(), Undelivered> {
        let mail = self.inner.letterhead.write(&message)?.formatted();
        let path = self.inner.folder.join(format!("{}-{}.eml", stamp(&message), message.id));
        let written = tokio::task::spawn_blocking(move || write(&path, &mail)).await;
        if let Err(error) = written.map_err(std::io::Error::other).flatten() {
            tracing::warn!(%error, "a mail could not be written to a file");
        }
        tracing::info!("a mail for you to read: /dev/mail/{}", message.id);
        let mut received = self.inner.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.retain(|earlier| earlier.id != message.id);
        if received.len() == MOST {
            received.pop_front();
        }
        received.push_back(message);
        Ok(())
    }
}

/// Names that sort by time.
fn stamp(message: &Message) -> String {
    let at = message.at.to_offset(UtcOffset::UTC);
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    format!("{date}T{hour:02}{minute:02}{second:02}Z")
}

/// Readable by its owner alone: it holds links that sign in.
fn write(path: &Path, mail: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(mail)
}
