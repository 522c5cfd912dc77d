//! The start of every command that works with accounts.

use super::outcome::{Outcome, refused};
use crate::config::{Config, ConfigError};
use accounts::{Accounts, Error, RequireFactor, SetupError, SystemClock, SystemRng};
use edge::problem::chain;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError, StoreOptions, audit, roles};

pub(super) fn open_accounts(config: &Config) -> Result<Accounts, ConfigError> {
    open_over(config, &config.database)
}

/// The same as the role that migrates, and may do with the audit trail what the one that serves may not.
pub(super) fn open_as_owner(config: &Config) -> Result<Accounts, ConfigError> {
    open_over(config, &as_owner(config))
}

fn as_owner(config: &Config) -> StoreOptions {
    let options = config.database.clone();
    let connect = options.migrating.as_ref().unwrap_or(&options.connect).clone();
    StoreOptions { connect, ..options }
}

fn open_over(config: &Config, database: &StoreOptions) -> Result<Accounts, ConfigError> {
    let store = Store::open(database);
    let accounts = Accounts::new(store, config.settings()?, Arc::new(SystemClock), Arc::new(SystemRng));
    let accounts = accounts.map_err(|error| {
        let variables = match error {
            SetupError::Redis(_) => "REDIS_URL, REDIS_CA_FILE",
            _ => "ARGON2_M_COST, ARGON2_T_COST, ARGON2_P_COST",
        };
        ConfigError::new(variables, error.to_string())
    })?;
    if config.require_factor != RequireFactor::Nobody && !accounts.has_second_factors() {
        let message = "nobody could set a second factor up, and all who must have one would be locked out: there is no \
                       ENCRYPTION_KEY_FILE for authenticator apps, and BASE_URL is no address for passkeys; set one of them";
        return Err(ConfigError::new("REQUIRE_FACTOR", message));
    }
    Ok(accounts)
}

/// Refuses to work without a key that rows name: their mails and links would be lost.
pub(super) async fn need_keys(accounts: &Accounts) -> Outcome {
    need(&accounts.missing_keys().await.map_err(|error| refused(&error))?)
}

fn need(missing: &[String]) -> Outcome {
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

pub(super) const PENDING: &str = "migrations are pending; `server migrate` makes them, as the role of MIGRATE_DATABASE_URL where there is one";
/// How often a server that began too early looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// `migrate`: brings the schema up, and lets the role that serves work with it, if that is another.
pub(super) async fn migrate(config: &Config) -> Outcome {
    let owner = as_owner(config);
    explained(store::migrate(&owner.connect).await)?;
    if owner.migrating.is_some() {
        // First: servers wait for it, and what follows may take minutes.
        explained(roles::grant(&owner.connect, config.database.connect.get_username()).await)?;
    }
    if let Err(error) = store::build_indexes(&owner.connect).await {
        tracing::warn!(error = chain(&error), "admins' lists stay slow: an index is lacking");
    }
    if owner.migrating.is_some() {
        explained(move_details(&owner).await)?;
    }
    Ok(())
}

/// All that a job of the server would move a few at a time: the role that serves may not.
async fn move_details(owner: &StoreOptions) -> Result<(), StoreError> {
    let store = Store::open(owner);
    // What was locked is found the next time, as long as anything else is.
    while audit::move_details(&store).await?.goes_on() {}
    store.close().await;
    Ok(())
}

/// Brings the schema up for a command. Where a role of its own does that, the command only works on one that is.
pub(super) async fn migrated(config: &Config) -> Outcome {
    if config.database.migrating.is_none() {
        return migrate(config).await;
    }
    need_migrated(&open_accounts(config)?).await
}

/// Refuses to work on a schema that is not this version's, and leaves it as it is.
pub(super) async fn need_migrated(accounts: &Accounts) -> Outcome {
    match accounts.ready().await {
        Ok(()) | Err(Error::ClockSkew) => Ok(()),
        Err(Error::NotMigrated) => Err(PENDING.into()),
        Err(Error::Unavailable(error)) => explained(Err(error)),
        Err(error) => Err(refused(&error).into()),
    }
}

/// Whether a server can work already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prepared {
    Now,
    /// It has said what is missing.
    Later,
}

/// Brings the schema up for a server, or, where another role does that, looks whether it has. Where it cannot serve yet but
/// may be mended meanwhile, it begins all the same, and `/readyz` keeps traffic away.
pub(super) async fn prepare(
    config: &Config,
    accounts: &Accounts,
) -> Result<Prepared, Box<dyn std::error::Error + Send + Sync>> {
    let prepared = match &config.database.migrating {
        None => store::migrate(&config.database.connect).await,
        Some(_) => match accounts.ready().await {
            Err(Error::NotMigrated) => {
                tracing::error!("not ready: {PENDING}");
                return Ok(Prepared::Later);
            }
            Err(Error::Unavailable(error)) => Err(error),
            Err(error) => return Err(refused(&error).into()),
            Ok(()) => Ok(()),
        },
    };
    if let Err(shared @ StoreError::SharedSessions) = &prepared {
        tracing::error!("not ready: the database: {shared}");
        return Ok(Prepared::Later);
    }
    explained(prepared)?;
    need_keys(accounts).await?;
    tell_roles(config, accounts).await;
    tell_passkeys(config, accounts).await;
    Ok(Prepared::Now)
}

/// Completes once what was missing at the start is there.
pub(super) async fn prepared_later(config: &Config, accounts: &Accounts) -> Outcome {
    while !is_prepared(config, accounts).await? {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    tracing::info!("ready now: what was missing at the start is there");
    tell_roles(config, accounts).await;
    tell_passkeys(config, accounts).await;
    Ok(())
}

/// Whether all is there. A database that is out of reach for a moment is no reason to end.
async fn is_prepared(
    config: &Config,
    accounts: &Accounts,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    match accounts.ready().await {
        Ok(()) | Err(Error::ClockSkew) => {}
        // Nobody else migrates for this server.
        Err(Error::NotMigrated) if config.database.migrating.is_none() => {
            match store::migrate(&config.database.connect).await {
                Err(StoreError::SharedSessions | StoreError::ReadOnly | StoreError::Unavailable(_)) => {
                    return Ok(false);
                }
                migrated => explained(migrated)?,
            }
        }
        Err(Error::NotMigrated | Error::Unavailable(_)) => return Ok(false),
        Err(error) => return Err(refused(&error).into()),
    }
    match accounts.missing_keys().await {
        Err(Error::Unavailable(_)) => Ok(false),
        missing => need(&missing.map_err(|error| refused(&error))?).map(|()| true),
    }
}

/// What to say of passkeys that belong to another name than that of `BASE_URL`.
pub(super) async fn other_passkeys(config: &Config, accounts: &Accounts) -> Option<String> {
    let others = accounts.passkeys_of_other_names().await.ok().filter(|others| *others > 0)?;
    let origin = &config.origin;
    Some(format!(
        "passkeys that were made for another name than that of {origin} (BASE_URL), which nobody can use here: {others}; \
         whoever has no other way in needs `server link reset`"
    ))
}

/// Says what a change of `BASE_URL` has left behind.
async fn tell_passkeys(config: &Config, accounts: &Accounts) {
    if let Some(told) = other_passkeys(config, accounts).await {
        tracing::warn!("{told}");
    }
}

/// Says whether the audit trail is safe from this server.
async fn tell_roles(config: &Config, accounts: &Accounts) {
    match (accounts.may_change_audit().await, &config.database.migrating) {
        (Ok(false), _) => tracing::info!("the audit trail: this server's database role can only add to it"),
        (Ok(true), None) => tracing::info!(
            "the audit trail: this server's database role can change it; MIGRATE_DATABASE_URL gives migrations, and the \
             tables, a role of their own"
        ),
        (Ok(true), Some(_)) => {
            tracing::warn!(
                "the audit trail: this server's database role can change it; run `server migrate`"
            );
        }
        (Err(error), _) => {
            tracing::warn!(
                error = chain(&error),
                "the audit trail: whether this role can change it is not known"
            );
        }
    }
}

/// Why a migration failed, in a sentence.
pub(super) fn explained(done: Result<(), StoreError>) -> Outcome {
    done.map_err(|error| {
        let failed = if matches!(error, StoreError::Unavailable(_)) { "reach" } else { "migrate" };
        format!("cannot {failed} the database: {}", chain(&error)).into()
    })
}
