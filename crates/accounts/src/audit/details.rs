use crate::{Accounts, Error};
use store::audit;
use uuid::Uuid;

/// How many events are looked at in one short transaction.
const PAGE: i64 = 5_000;

impl Accounts {
    /// Moves the details of all events that a version before this one wrote, a few at a time. Says how many that were; what
    /// others had locked is left for another time.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was moved by then stays so.
    pub async fn move_audit_details(&self) -> Result<u64, Error> {
        let (mut after, mut moved) = (Uuid::nil(), 0);
        while let Some(until) = audit::page_end(self.store(), after, PAGE).await? {
            moved += audit::move_details(self.store(), after, until).await?;
            after = until;
        }
        Ok(moved)
    }
}
