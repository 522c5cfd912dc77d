use crate::policy::{self, SWEEP_BATCH};
use crate::{Accounts, Error};
use store::{refresh_tokens, sessions};
use time::OffsetDateTime;

impl Accounts {
    /// Deletes sessions and refresh tokens that can never be used again, and returns how many. It deletes expired
    /// counts, known devices, known networks and one-time tokens too, and mails that nobody sends.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn sweep(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            let idle_before = now - policy::LONGEST_IDLE;
            let sessions = sessions::sweep(self.store(), now, idle_before, SWEEP_BATCH).await?;
            let tokens = refresh_tokens::sweep(self.store(), now, SWEEP_BATCH).await?;
            swept += sessions + tokens;
            if sessions.max(tokens) < SWEEP_BATCH.unsigned_abs() {
                self.sweep_throttle(now).await?;
                self.sweep_known_devices(now).await?;
                self.sweep_one_time_tokens(now).await?;
                self.sweep_outbox(now).await?;
                return Ok(swept);
            }
        }
    }
}
