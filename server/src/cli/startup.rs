//! The start of every command that works with accounts.

use super::outcome::{Outcome, refused};
use crate::config::{Config, ConfigError};
use accounts::{Accounts, SetupError, SystemClock, SystemRng};
use edge::problem::chain;
use std::sync::Arc;
use store::{Store, StoreError};

pub(super) fn open_accounts(config: &Config) -> Result<Accounts, ConfigError> {
    let store = Store::open(&config.database);
    Accounts::new(store, config.settings()?, Arc::new(SystemClock), Arc::new(SystemRng)).map_err(|error| {
        let variables = match error {
            SetupError::Redis(_) => "REDIS_URL, REDIS_CA_FILE",
            _ => "ARGON2_M_COST, ARGON2_T_COST, ARGON2_P_COST",
        };
        ConfigError::new(variables, error.to_string())
    })
}

/// Refuses to work without a key that rows name: their mails and links would be lost.
pub(super) async fn need_keys(accounts: &Accounts) -> Outcome {
    let missing = accounts.missing_keys().await.map_err(|error| refused(&error))?;
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "the database holds rows of keys that are not in this file ({}); set it to the file that all servers share, or \
         restore that from its backup",
        missing.join(", ")
    );
    Err(ConfigError::new("ENCRYPTION_KEY_FILE", message).into())
}

pub(super) async fn migrate(config: &Config) -> Outcome {
    explained(store::migrate(&config.database.connect).await)?;
    if let Err(error) = store::build_indexes(&config.database.connect).await {
        tracing::warn!(error = chain(&error), "admins' lists stay slow: an index is lacking");
    }
    Ok(())
}

/// Why a migration failed, in a sentence.
pub(super) fn explained(done: Result<(), StoreError>) -> Outcome {
    done.map_err(|error| {
        let failed = if matches!(error, StoreError::Unavailable(_)) { "reach" } else { "migrate" };
        format!("cannot {failed} the database: {}", chain(&error)).into()
    })
}
