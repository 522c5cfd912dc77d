//! A session with all that its account shows, in one look.

use crate::sessions::{Session, factors};
use crate::users::{profile_of, query_profile, role};
use crate::{Store, StoreError};
use domain::{Profile, SessionId, SessionKind, UserId};
use time::OffsetDateTime;

/// A session and its account.
#[derive(Debug, Clone)]
pub struct SessionWithUser {
    /// The session, with what it says of its account.
    pub session: Session,
    /// Whether the account's address was proven.
    pub email_verified: bool,
    /// What the account's owner filled in.
    pub profile: Profile,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// When the account last changed.
    pub updated_at: OffsetDateTime,
}

/// The session of an id and a kind, with its account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_id(
    store: &Store,
    of: SessionKind,
    id: SessionId,
) -> Result<Option<SessionWithUser>, StoreError> {
    let row = query_profile!(
        ["SELECT s.user_id, s.persistent, s.factors, s.authenticated_at, s.created_at, s.last_used_at, s.expires_at,
                 s.ended_at, s.address, s.agent, u.email, u.email_verified, u.role, u.is_active,
                 u.created_at AS user_created_at, u.updated_at, "]
        [" FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND s.kind = $2"],
        id.0,
        of.as_str()
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(row.map(|row| {
        let profile = profile_of!(row);
        let session = Session {
            id,
            user: UserId(row.user_id),
            kind: of,
            persistent: row.persistent,
            factors: factors::read(&row.factors, row.authenticated_at),
            authenticated_at: row.authenticated_at,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            address: row.address,
            agent: row.agent,
            email: row.email,
            name: profile.name.clone(),
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            role: role(&row.role),
            is_active: row.is_active,
        };
        SessionWithUser {
            session,
            email_verified: row.email_verified,
            profile,
            created_at: row.user_created_at,
            updated_at: row.updated_at,
        }
    }))
}
