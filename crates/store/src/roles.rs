//! Two roles of the database: one migrates and owns the tables; the other serves, and can only add to the audit trail.

use crate::{Store, StoreError, connect};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// What the role that serves may not do, table by table; all else it may.
const WITHHELD: [(&str, &str); 5] = [
    ("audit_events", "UPDATE, DELETE, TRUNCATE"),
    // Details go with the account; what they said does not change.
    ("audit_details", "UPDATE, TRUNCATE"),
    ("audit_chain", "UPDATE, DELETE, TRUNCATE"),
    ("audit_checkpoints", "INSERT, UPDATE, DELETE, TRUNCATE"),
    ("_sqlx_migrations", "INSERT, UPDATE, DELETE, TRUNCATE"),
];

/// Lets the role that serves work with the tables that `connect`'s role owns.
///
/// # Errors
/// [`StoreError::TrailNotSafe`] where that role could change the audit trail all the same, or any other; nothing is
/// granted then.
pub async fn grant(connect: &PgConnectOptions, role: &str) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect_with(&connect::plain(connect.clone())).await?;
    let mut tx = connection.begin().await?;
    let schema = sqlx::query_scalar!(r#"SELECT quote_ident(current_schema()) AS "schema!""#)
        .fetch_one(&mut *tx)
        .await?;
    let serving = format!("\"{}\"", role.replace('"', "\"\""));
    let withheld = WITHHELD.map(|(table, rights)| format!("REVOKE {rights} ON {table} FROM {serving};"));
    let sql = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {serving};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {serving};
         {}",
        withheld.concat()
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    if may_change(&mut tx, role).await? {
        return Err(StoreError::TrailNotSafe(role.to_owned()));
    }
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}

/// Whether this server's own role can change or delete what the audit trail holds.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn may_change_trail(store: &Store) -> Result<bool, StoreError> {
    let mut connection = store.pool.acquire().await?;
    let role =
        sqlx::query_scalar!(r#"SELECT current_user::text AS "role!""#).fetch_one(&mut *connection).await?;
    Ok(may_change(&mut connection, &role).await?)
}

/// By a right of its own, or as the owner, who can grant itself any.
async fn may_change(connection: &mut PgConnection, role: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT bool_or(pg_has_role(r.oid, c.relowner, 'MEMBER')
                          OR has_table_privilege(r.oid, c.oid, 'UPDATE')
                          OR has_table_privilege(r.oid, c.oid, 'TRUNCATE')
                          OR c.relname <> 'audit_details' AND has_table_privilege(r.oid, c.oid, 'DELETE')) AS "may!"
           FROM pg_roles r, pg_class c
           WHERE r.rolname = $1 AND c.oid IN ('audit_events'::regclass, 'audit_details'::regclass, 'audit_chain'::regclass)"#,
        role
    )
    .fetch_one(connection)
    .await
}
