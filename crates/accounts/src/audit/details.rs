use crate::{Accounts, Error};
use store::audit;

impl Accounts {
    /// Moves the details of all events that a version before this one wrote, a few at a time. Says how many that were; what
    /// others had locked is left for another time.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was moved by then stays so.
    pub async fn move_audit_details(&self) -> Result<u64, Error> {
        Ok(audit::move_details(self.store()).await?.moved)
    }
}
