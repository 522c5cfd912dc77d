use sqlx::error::DatabaseError;
use thiserror::Error;

/// The unique value that somebody else already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The canonical email address.
    Email,
    /// The username, whatever its case.
    Username,
}

/// Why a call of the database failed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A unique value belongs to somebody else; nothing was changed.
    #[error("{0:?} is taken")]
    Taken(Taken),
    /// The database cannot be reached or is too busy; trying again may help.
    #[error("cannot reach the database")]
    Unavailable(#[source] sqlx::Error),
    /// As many admins' lists are read, or sign-ins tried, as may be at once; trying again may help.
    #[error("too many lists are read, or sign-ins tried, at once")]
    Busy,
    /// A pooler shares the database's sessions with others: no setting of one would hold.
    #[error(
        "it is reached by a pooler that gives each transaction another session (PgBouncer: pool_mode = transaction); \
         set DATABASE_URL to Postgres itself, or to a pooler that keeps sessions (pool_mode = session)"
    )]
    SharedSessions,
    /// The same where a server listens apart from its requests: no notification would arrive.
    #[error(
        "DATABASE_LISTEN_URL leads to a pooler that gives each transaction another session (PgBouncer: pool_mode = \
         transaction), where no notification arrives; set it to Postgres itself, or to off"
    )]
    SharedListener,
    /// What the database of requests notifies of does not arrive where the server listens.
    #[error(
        "what DATABASE_URL notifies of is not heard at DATABASE_LISTEN_URL; set that to the same database on the primary, \
         or to off"
    )]
    NotHeard,
    /// It answers, and takes no writes.
    #[error(
        "it takes no writes: it is a standby, or set to read only; DATABASE_URL has to lead to the primary"
    )]
    ReadOnly,
    /// What is read in place of the primary is another database.
    #[error("it is no standby of the database of DATABASE_URL, or has not this version's schema")]
    NotACopy,
    /// A standby is too late to be read.
    #[error("it is more than a second behind the primary")]
    Behind,
    /// The role that serves could change the audit trail whatever is granted to it.
    #[error(
        "the role \"{0}\" of DATABASE_URL owns the audit trail or is a superuser, so it could change it; give its tables to \
         the role of MIGRATE_DATABASE_URL (REASSIGN OWNED BY), or serve as another role"
    )]
    TrailNotSafe(String),
    /// The role that migrates owns neither the schema nor its tables.
    #[error(
        "the role \"{0}\" may not change the schema; MIGRATE_DATABASE_URL names the role that owns it, where that is not \
         the role of DATABASE_URL"
    )]
    MayNotMigrate(String),
    /// The connection was lost during the commit: the changes may be there or not.
    #[error("the database did not confirm a commit")]
    Unconfirmed(#[source] sqlx::Error),
    /// The schema's history is not this program's.
    #[error("the schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A fault of ours: a query that does not fit its schema, a value that does not fit its column.
    #[error("the database refused a statement")]
    Unexpected(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the database undid the transaction in favour of another (SQLSTATE class 40, as in a deadlock): a second
    /// try may work.
    #[must_use]
    pub fn gave_way(&self) -> bool {
        let Self::Unavailable(sqlx::Error::Database(refusal)) = self else { return false };
        refusal.code().is_some_and(|code| code.starts_with("40"))
    }

    /// That nobody waits any longer to hear whether changes were made.
    #[must_use]
    pub fn too_late() -> Self {
        Self::Unconfirmed(late())
    }

    /// What a failed commit means: if the database itself refused it, nothing was changed.
    pub(crate) fn of_commit(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) if !is_cut_off(refusal.as_ref()) => error.into(),
            _ => Self::Unconfirmed(error),
        }
    }
}

/// No answer in time.
pub(crate) fn late() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())
}

/// SQLSTATEs of a connection that ends: by the network, a pooler in between, or an operator.
fn is_cut_off(refusal: &dyn DatabaseError) -> bool {
    refusal.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(refusal) => match taken(refusal.as_ref()) {
                Some(taken) => Self::Taken(taken),
                None if passing(refusal.as_ref()) => Self::Unavailable(error),
                None => Self::Unexpected(error),
            },
            E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(error)
            }
            _ => Self::Unexpected(error),
        }
    }
}

/// The unique values, by the constraints that keep them so.
const UNIQUE: [(&str, Taken); 2] =
    [("users_email_canonical_key", Taken::Email), ("users_username_canonical_key", Taken::Username)];
const UNIQUE_VIOLATION: &str = "23505";

fn taken(refusal: &dyn DatabaseError) -> Option<Taken> {
    match refusal.constraint() {
        Some(constraint) => by_name(constraint),
        // Citus hands on what a node has said, but not of which constraint.
        None if refusal.code().as_deref() == Some(UNIQUE_VIOLATION) => refusal
            .message()
            .split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')
            .find_map(by_name),
        None => None,
    }
}

fn by_name(constraint: &str) -> Option<Taken> {
    let name = without_shard(constraint);
    UNIQUE.into_iter().find_map(|(unique, taken)| (unique == name).then_some(taken))
}

/// A constraint's name, without the number of the shard that Citus appends to it where a table lies on another node.
fn without_shard(constraint: &str) -> &str {
    match constraint.rsplit_once('_') {
        Some((name, shard)) if !shard.is_empty() && shard.bytes().all(|sign| sign.is_ascii_digit()) => name,
        _ => constraint,
    }
}

/// The database is a standby, or was set to read only.
pub(crate) fn takes_no_writes(refusal: &dyn DatabaseError) -> bool {
    refusal.code().as_deref() == Some("25006")
}

/// SQLSTATE classes of temporary trouble: connection, a standby that may not write, sign-in at the database, a missing
/// database, transaction rollback, resources, limits (a full queue of notifications), locks, operator; and of a pooler that
/// lost our prepared statements, or still has somebody else's.
fn passing(refusal: &dyn DatabaseError) -> bool {
    const CLASSES: [&str; 11] = ["08", "25", "26", "28", "3D", "40", "53", "54000", "55", "57", "42P05"];
    refusal.code().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::error::ErrorKind;
    use std::{borrow::Cow, error::Error, fmt};

    /// As the driver tells of it.
    #[derive(Debug)]
    struct Refusal {
        constraint: Option<&'static str>,
        message: String,
    }

    impl fmt::Display for Refusal {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.message)
        }
    }

    impl Error for Refusal {}

    impl DatabaseError for Refusal {
        fn message(&self) -> &str {
            &self.message
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(UNIQUE_VIOLATION.into())
        }

        fn constraint(&self) -> Option<&str> {
            self.constraint
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::UniqueViolation
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }
    }

    /// As Postgres tells of it, and as Citus 14 does: with the number of a shard, and in the message alone.
    #[test]
    fn a_taken_value_is_told_by_its_constraint_on_any_node() {
        for (constraint, expected) in [
            ("users_email_canonical_key", Some(Taken::Email)),
            ("users_email_canonical_key_102027", Some(Taken::Email)),
            ("users_username_canonical_key", Some(Taken::Username)),
            ("users_username_canonical_key_102008", Some(Taken::Username)),
            ("users_email_canonical_key_", None),
            ("users_email_canonical_key_old", None),
            ("sessions_pkey_102027", None),
        ] {
            let message = format!("duplicate key value violates unique constraint \"{constraint}\"");
            let told = Refusal { constraint: Some(constraint), message: String::new() };
            let handed_on = Refusal { constraint: None, message };
            assert_eq!(taken(&told), expected, "{constraint}");
            assert_eq!(taken(&handed_on), expected, "{constraint} in the message");
        }
    }
}
