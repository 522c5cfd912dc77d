use domain::{AuditFilter, EventKind, Factor, SessionId, SessionKind, Span, UserId};
use sqlx::{PgConnection, PgPool};
use store::sessions::{self, Proof};
use testkit::World;
use time::macros::datetime;
use uuid::Uuid;

/// The schema as it was before a migration changes the table of sessions.
const BEFORE: i64 = 20_261_121_130_000;

/// The schema as it was when counts were kept by the servers' clocks.
const BY_OWN_CLOCKS: i64 = 20_261_121_150_000;

#[sqlx::test(migrations = false)]
async fn what_was_counted_by_the_servers_clocks_goes_on(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BY_OWN_CLOCKS), &mut *connection, false).await.unwrap();
    for sql in [
        "INSERT INTO throttle_buckets VALUES ('a', '2100-01-01 00:00:00.123456Z'), ('b', '2000-01-01Z')",
        "INSERT INTO throttle_streaks VALUES ('c', 7, '2100-01-01Z', '2100-01-01 00:00:10.000001Z')",
    ] {
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
    store::MIGRATOR.run_direct(None, &mut *connection, false).await.unwrap();
    let rates: Vec<(Vec<u8>, i64)> = sqlx::query_as("SELECT key, paid_until FROM throttle_rates")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    assert_eq!(rates, [(b"a".to_vec(), 4_102_444_800_123_456)]);
    let failures: Vec<(Vec<u8>, i32, i64, i64)> =
        sqlx::query_as("SELECT key, failures, last_at, next_at FROM throttle_failures")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert_eq!(failures, [(b"c".to_vec(), 7, 4_102_444_800_000_000, 4_102_444_810_000_001)]);
}

#[sqlx::test(migrations = false)]
async fn a_migration_that_waits_for_a_long_reader_does_not_hold_up_the_others(pool: PgPool) {
    let mut other = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BEFORE), &mut *other, false).await.unwrap();
    let mut reader = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM sessions").execute(&mut *reader).await.unwrap();
    let connect = (*pool.connect_options()).clone();
    let migrating = tokio::spawn(async move { store::migrate(&connect).await });
    let waits = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ALTER TABLE%'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut *other).await.unwrap() == 0 {}
    sqlx::query("SET statement_timeout = '30s'").execute(&mut *other).await.unwrap();
    sqlx::query("SELECT FROM sessions").execute(&mut *other).await.unwrap();
    reader.rollback().await.unwrap();
    migrating.await.unwrap().unwrap();
    assert!(store::Store::from_pool(pool.clone()).is_ready().await.unwrap());
}

/// The schema as it was when a session's row said nothing of factors.
const BEFORE_FACTORS: i64 = 20_261_127_130_100;

#[sqlx::test(migrations = false)]
async fn a_session_from_before_factors_were_kept_has_proven_its_password_at_the_sign_in(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BEFORE_FACTORS), &mut *connection, false).await.unwrap();
    let user = "INSERT INTO users (id, email, email_canonical, created_at, updated_at)
                VALUES (gen_random_uuid(), 'ana@example.com', 'ana@example.com', now(), now())";
    sqlx::query(user).execute(&mut *connection).await.unwrap();
    // As servers of the version before write it, also while a newer one runs beside them.
    let session = "INSERT INTO sessions (id, user_id, kind, persistent, authenticated_at, created_at, last_used_at,
                                         expires_at, address, agent)
                   SELECT gen_random_uuid(), id, 'browser', false, '2026-11-20 12:00:00.000001Z', now(), now(), now(),
                          '', '' FROM users
                   RETURNING id";
    let file = "SELECT pg_relation_filenode('sessions')::bigint";
    let before: i64 = sqlx::query_scalar(file).fetch_one(&mut *connection).await.unwrap();
    let mut sessions: Vec<Uuid> = Vec::new();
    sessions.push(sqlx::query_scalar(session).fetch_one(&mut *connection).await.unwrap());
    store::MIGRATOR.run_direct(None, &mut *connection, false).await.unwrap();
    let after: i64 = sqlx::query_scalar(file).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(after, before, "a big table is not written anew");
    sessions.push(sqlx::query_scalar(session).fetch_one(&mut *connection).await.unwrap());
    let proof = Proof { factor: Factor::Password, at: datetime!(2026-11-20 12:00:00.000001 UTC) };
    let store = store::Store::from_pool(pool.clone());
    for id in sessions {
        let found = sessions::by_id(&store, SessionKind::Browser, SessionId(id)).await.unwrap().unwrap();
        assert_eq!(found.factors, [proof]);
    }
}

/// The schema as it was when the trail's rows held their details.
const BEFORE_DETAILS: i64 = 20_261_129_120_000;

/// An event as servers of the version before write it, also while a newer one runs beside them.
const OLD_EVENT: &str =
    "INSERT INTO audit_events (id, at, kind, subject_id, address, agent, request_id, detail)
    VALUES (gen_random_uuid(), now(), $1, $2, '192.0.2.7', 'Firefox', 'test', '{\"made\": 7}')";
/// The deletion of an account, as the version before does it.
const OLD_DELETION: &str = "UPDATE audit_events SET address = NULL, agent = NULL WHERE subject_id = $1";
/// Whose addresses are anywhere still.
const ADDRESSES: &str = "SELECT subject_id FROM audit_events e LEFT JOIN audit_details d ON d.event_id = e.id
    WHERE coalesce(d.address, e.address) IS NOT NULL ORDER BY subject_id";

async fn old_event(connection: &mut PgConnection, kind: &str, subject: Option<Uuid>) {
    sqlx::query(OLD_EVENT).bind(kind).bind(subject).execute(connection).await.unwrap();
}

async fn has_addresses(pool: &PgPool) -> Vec<Option<Uuid>> {
    sqlx::query_scalar(ADDRESSES).fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrations = false)]
async fn old_events_keep_their_details_apart_and_so_do_those_of_older_servers(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BEFORE_DETAILS), &mut *connection, false).await.unwrap();
    for kind in ["signed_in", "sign_in_failed"] {
        old_event(&mut connection, kind, None).await;
    }
    store::MIGRATOR.run_direct(None, &mut *connection, false).await.unwrap();
    // An older server writes none of those that came later.
    let later = [
        EventKind::BrowserTrusted,
        EventKind::FactorAdded,
        EventKind::FactorRefused,
        EventKind::FactorRemoved,
        EventKind::FactorRestored,
        EventKind::PasskeyCopied,
        EventKind::PasskeyRenamed,
        EventKind::FactorsCleared,
        EventKind::RecoveryCodeUsed,
        EventKind::RecoveryCodesMade,
        EventKind::SecondStepMissed,
    ];
    let known = || EventKind::ALL.iter().filter(|kind| !later.contains(kind));
    for kind in known() {
        old_event(&mut connection, kind.as_str(), None).await;
    }
    let world = World::new(pool);
    let store = store::Store::from_pool(world.pool.clone());
    let span = Span { limit: 99, after: None };
    let filter = AuditFilter { span, kind: None, actor: None, subject: None, address: None };
    let read = async || {
        let rows = store::audit::list(&mut store.scan().await.unwrap(), &filter).await.unwrap();
        rows.into_iter().map(|row| (row.id, row.address, row.agent, row.detail)).collect::<Vec<_>>()
    };
    let before = read().await;
    assert_eq!(world.accounts.move_audit_details().await.unwrap(), 2);
    assert_eq!(world.accounts.move_audit_details().await.unwrap(), 0);
    assert_eq!(read().await, before);
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT e.kind, e.result FROM audit_events e JOIN audit_details d ON d.event_id = e.id
         WHERE e.address IS NULL AND e.agent IS NULL AND e.detail = '{}'
           AND (d.address, d.agent, d.detail) = ('192.0.2.7', 'Firefox', '{\"made\": 7}')
           AND e.details_digest = audit_digest(d.salt, e.id, d.address, d.agent, d.detail)",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), 2 + known().count());
    for (kind, result) in rows {
        assert_eq!(result, EventKind::of(&kind).unwrap().result().as_str(), "{kind}");
    }
}

/// Whoever is deleted before, while or after the details are moved, here or by an older server, leaves no address.
#[sqlx::test(migrations = false)]
async fn nobody_who_is_deleted_during_the_upgrade_leaves_an_address(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BEFORE_DETAILS), &mut *connection, false).await.unwrap();
    let [before, during, waiting, after, here, stays] = [1, 2, 3, 4, 5, 6].map(Uuid::from_u128);
    for id in [during, waiting, after, here, stays] {
        let user = "INSERT INTO users (id, email, email_canonical, created_at, updated_at)
                    VALUES ($1, $1::text, $1::text, now(), now())";
        sqlx::query(user).bind(id).execute(&mut *connection).await.unwrap();
    }
    for id in [before, during, waiting, after, here, stays] {
        old_event(&mut connection, "signed_in", Some(id)).await;
    }
    store::MIGRATOR.run_direct(None, &mut *connection, false).await.unwrap();
    let world = World::new(pool);
    let store = store::Store::from_pool(world.pool.clone());
    let gone = async |tx: &mut PgConnection, id: Uuid| {
        for sql in [OLD_DELETION, "DELETE FROM users WHERE id = $1"] {
            sqlx::query(sql).bind(id).execute(&mut *tx).await.unwrap();
        }
    };
    // An older server is at it while the others' are moved; what it has locked is left for later.
    let mut deleting = world.pool.begin().await.unwrap();
    gone(&mut deleting, during).await;
    assert_eq!(world.accounts.move_audit_details().await.unwrap(), 5);
    deleting.commit().await.unwrap();
    assert_eq!(world.accounts.move_audit_details().await.unwrap(), 1);
    gone(&mut connection, after).await;
    // This version deletes what was not moved, and what was.
    old_event(&mut connection, "signed_in", Some(waiting)).await;
    world.execute("ALTER TABLE audit_events DISABLE TRIGGER details_apart").await;
    old_event(&mut connection, "sign_in_failed", Some(waiting)).await;
    for id in [waiting, here] {
        let mut tx = store.begin().await.unwrap();
        store::audit::empty_old_details(&mut tx, UserId(id), 9).await.unwrap();
        store::audit::delete_details(&mut tx, UserId(id), 9).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(world.accounts.move_audit_details().await.unwrap(), 1);
    assert_eq!(has_addresses(&world.pool).await, [Some(stays)]);
}
