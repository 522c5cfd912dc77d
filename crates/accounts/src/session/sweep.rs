use crate::policy::{self, SWEEP_BATCH};
use crate::{Accounts, Error};
use store::{refresh_tokens, sessions};
use time::OffsetDateTime;

impl Accounts {
    /// Deletes sessions that can never be used again; says how many.
    pub(crate) async fn sweep_sessions(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let idle_before = now - policy::LONGEST_IDLE;
        let mut swept = 0;
        loop {
            let sessions = sessions::sweep(self.store(), now, idle_before, SWEEP_BATCH).await?;
            swept += sessions;
            if sessions < SWEEP_BATCH.unsigned_abs() {
                return Ok(swept);
            }
        }
    }

    /// Deletes refresh tokens that can never be used again; says how many.
    pub(crate) async fn sweep_refresh_tokens(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let mut swept = 0;
        loop {
            let tokens = refresh_tokens::sweep(self.store(), now, SWEEP_BATCH).await?;
            swept += tokens;
            if tokens < SWEEP_BATCH.unsigned_abs() {
                return Ok(swept);
            }
        }
    }
}
