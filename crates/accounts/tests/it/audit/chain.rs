//! The chain over the trail: a change of what was written shows.

use crate::crew::{admin, again};
use accounts::{EncryptionKeys, Finding, Seal, Verified};
use domain::UserId;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};
use testkit::{PASSWORD, World, sign_in};
use time::Duration;
use uuid::Builder;

/// A trail of some events, sealed.
async fn sealed(pool: PgPool) -> World {
    let world = World::new(pool);
    admin(&world, "ada").await;
    for name in ["ana", "ben"] {
        world.member(name).await;
        again(&world, name).await;
        world
            .accounts
            .sign_in(&world.stranger(), sign_in(&format!("{name}@example.com"), "wrong"))
            .await
            .unwrap_err();
    }
    assert_eq!(world.accounts.seal_audit(Seal::All).await.unwrap(), 10);
    world
}

async fn verify(world: &World) -> (Vec<Finding>, Verified) {
    let mut findings = Vec::new();
    let verified = world.accounts.verify_audit(|finding| findings.push(finding)).await.unwrap();
    (findings, verified)
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn events_are_sealed_once_and_those_that_are_not_yet_are_named(pool: PgPool) {
    let world = sealed(pool).await;
    assert_eq!(world.accounts.seal_audit(Seal::All).await.unwrap(), 0);
    let (findings, verified) = verify(&world).await;
    assert_eq!((findings, verified.links, verified.unsealed, verified.whole), (vec![], 10, 0, true));
    assert_eq!(verified.head.as_ref().unwrap().0, 10);

    world.accounts.sign_in(&world.stranger(), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    let event =
        sqlx::query_scalar("SELECT id FROM audit_events WHERE id NOT IN (SELECT event_id FROM audit_chain)");
    let event = event.fetch_one(&world.pool).await.unwrap();
    let (findings, later) = verify(&world).await;
    assert_eq!((findings, later.unsealed, later.whole), (vec![Finding::Unsealed { event }], 1, true));
    assert_eq!(later.head, verified.head);
    assert_eq!(world.accounts.seal_audit(Seal::New).await.unwrap(), 1);
    assert_eq!(verify(&world).await.0, vec![]);
}

/// A transaction that commits after younger ones, a job that did not run for hours, and a run that takes as long.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_is_left_unsealed_however_late_it_commits(pool: PgPool) {
    let world = sealed(pool).await;
    let (open, run) = (world.pool.begin().await.unwrap(), world.stranger());
    let late = with_an_event_of_now(open, &world).await;
    world.clock.advance(Duration::minutes(59));
    world.member("cleo").await;
    assert_eq!(world.accounts.seal_audit(Seal::New).await.unwrap(), 2);
    late.commit().await.unwrap();
    assert_eq!(world.accounts.seal_audit(Seal::New).await.unwrap(), 1);

    world.member("dora").await;
    world.clock.advance(Duration::hours(5));
    world.member("eve").await;
    assert_eq!(world.accounts.seal_audit(Seal::New).await.unwrap(), 4, "from where the chain ends");

    world.accounts.sign_in(&run, sign_in("ana@example.com", "wrong")).await.unwrap_err();
    assert_eq!(world.accounts.seal_audit(Seal::New).await.unwrap(), 1, "dated when it was written");
    assert_eq!(verify(&world).await.0, vec![]);
}

/// Another server's transaction that has written an event and is not through.
async fn with_an_event_of_now(
    mut open: Transaction<'static, Postgres>,
    world: &World,
) -> Transaction<'static, Postgres> {
    let event = "INSERT INTO audit_events (id, at, kind, result, request_id, details_digest)
        VALUES ($1, $2, 'throttled', 'refused', 'late', 'x')";
    let now = world.accounts.now();
    let id = Builder::from_unix_timestamp_millis((now.unix_timestamp() * 1000).unsigned_abs(), &[0; 10])
        .into_uuid();
    sqlx::query(event).bind(id).bind(now).execute(&mut *open).await.unwrap();
    open
}

/// A server whose clock was wrong has dated an event far from where the chain ends.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_a_wrong_clock_dated_back_is_sealed_by_looking_at_all(pool: PgPool) {
    let world = sealed(pool).await;
    world.member("cleo").await;
    let earlier = "UPDATE audit_events SET id = overlay(id::text placing '01900000-0000' from 1)::uuid
        WHERE id NOT IN (SELECT event_id FROM audit_chain)";
    world.execute(earlier).await;
    assert_eq!(world.accounts.seal_audit(Seal::New).await.unwrap(), 0);
    assert_eq!(world.accounts.seal_audit(Seal::All).await.unwrap(), 2);
}

/// It says so, and is asked again soon.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_server_that_gives_way_to_another_has_not_gone_through(pool: PgPool) {
    let world = sealed(pool).await;
    world.member("cleo").await;
    let mut other = world.pool.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock(7022629598041172065)").execute(&mut *other).await.unwrap();
    assert_eq!(world.accounts.seal_trail(Seal::All).await.unwrap(), (0, false));
    other.rollback().await.unwrap();
    assert_eq!(world.accounts.seal_trail(Seal::All).await.unwrap(), (2, true));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn servers_that_seal_at_once_seal_each_event_once(pool: PgPool) {
    let world = sealed(pool).await;
    for name in ["cleo", "dora"] {
        world.member(name).await;
        let replicas = [(); 3].map(|()| World::replica(&world.pool, &world.clock, |_| ()));
        let [a, b, c] = &replicas;
        let sealed = tokio::join!(a.seal_audit(Seal::All), b.seal_audit(Seal::All), c.seal_audit(Seal::New));
        assert_eq!(sealed.0.unwrap() + sealed.1.unwrap() + sealed.2.unwrap(), 2);
        assert_eq!(verify(&world).await.0, vec![]);
    }
}

const TABLES: [&str; 3] = ["audit_events", "audit_details", "audit_chain"];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whatever_is_changed_or_missing_shows(pool: PgPool) {
    let world = sealed(pool).await;
    let execute = async |sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&world.pool).await.unwrap();
    };
    for table in TABLES {
        execute(format!("CREATE TABLE kept_{table} AS TABLE {table}")).await;
    }
    let event = sqlx::query_scalar("SELECT event_id FROM audit_chain WHERE sequence = 4");
    let event: uuid::Uuid = event.fetch_one(&world.pool).await.unwrap();
    let (changed, details) = (Finding::Changed { sequence: 4, event }, Finding::DetailsChanged { event });
    for (change, finding) in [
        ("UPDATE audit_events SET kind = 'x' WHERE id =", changed.clone()),
        ("UPDATE audit_events SET result = 'refused' WHERE id =", changed.clone()),
        ("UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id =", changed.clone()),
        ("UPDATE audit_events SET actor_id = gen_random_uuid() WHERE id =", changed.clone()),
        ("UPDATE audit_events SET subject_id = gen_random_uuid() WHERE id =", changed.clone()),
        ("UPDATE audit_events SET session_id = gen_random_uuid() WHERE id =", changed.clone()),
        ("UPDATE audit_events SET request_id = 'x' WHERE id =", changed.clone()),
        ("UPDATE audit_chain SET mac = sha256(mac) WHERE event_id =", changed.clone()),
        ("UPDATE audit_details SET address = '6.6.6.6' WHERE event_id =", details.clone()),
        ("UPDATE audit_details SET agent = 'x' WHERE event_id =", details.clone()),
        ("UPDATE audit_details SET detail = '{\"x\": 1}' WHERE event_id =", details.clone()),
        ("UPDATE audit_details SET salt = '' WHERE event_id =", details),
        ("DELETE FROM audit_events WHERE id =", Finding::Missing { sequence: 4, event }),
        ("DELETE FROM audit_chain WHERE event_id =", Finding::Gap { from: 4, to: 4 }),
    ] {
        execute(format!("{change} '{event}'")).await;
        let (findings, verified) = verify(&world).await;
        assert!(findings.contains(&finding) && !verified.whole, "{change}: {findings:?}");
        for table in TABLES {
            execute(format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        }
        assert_eq!(verify(&world).await.0, vec![], "{change}");
    }
    // Both the event and the digest that speaks of its details.
    execute(format!(
        "UPDATE audit_details SET agent = 'x' WHERE event_id = '{event}';
         UPDATE audit_events SET details_digest = audit_digest(d.salt, id, d.address, d.agent, d.detail)
         FROM audit_details d WHERE d.event_id = id AND id = '{event}'"
    ))
    .await;
    assert_eq!(verify(&world).await.0, vec![changed]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_deletion_of_an_account_takes_its_details_and_the_chain_stays_whole(pool: PgPool) {
    let world = sealed(pool).await;
    let ana = sqlx::query_scalar("SELECT id FROM users WHERE email = 'ana@example.com'");
    let ana = UserId(ana.fetch_one(&world.pool).await.unwrap());
    let ada = world.holder(&again(&world, "ada").await).await;
    world.accounts.delete_user(&ada, ana).await.unwrap();
    let of_ana = "SELECT count(*), count(d) FROM audit_events LEFT JOIN audit_details d ON event_id = id
                  WHERE subject_id = $1";
    let kept: (i64, i64) = sqlx::query_as(of_ana).bind(ana.0).fetch_one(&world.pool).await.unwrap();
    assert_eq!(kept, (5, 1), "of all that happened to her, the details of what the admin did");
    assert_eq!(verify(&world).await.1.unsealed, 2);
    assert_eq!(world.accounts.seal_audit(Seal::All).await.unwrap(), 2);
    let (findings, verified) = verify(&world).await;
    assert_eq!((findings, verified.links, verified.whole), (vec![], 12, true));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn old_events_are_pruned_and_a_signed_checkpoint_stays(pool: PgPool) {
    let world = sealed(pool).await;
    world.clock.advance(Duration::DAY);
    let cut = world.accounts.now();
    world.member("cleo").await;
    assert_eq!(world.accounts.prune_audit(cut).await.unwrap(), 10);
    assert_eq!(world.count("SELECT count(*) FROM audit_events").await, 2, "what is not sealed is not pruned");
    assert_eq!(world.count("SELECT count(*) FROM audit_details").await, 2);
    assert_eq!(world.accounts.seal_audit(Seal::All).await.unwrap(), 2);
    let (findings, verified) = verify(&world).await;
    assert_eq!((findings, verified.links, verified.head.unwrap().0), (vec![], 2, 12));
    assert_eq!(world.accounts.prune_audit(cut).await.unwrap(), 0);

    world.execute("UPDATE audit_checkpoints SET sequence = 11").await;
    world.execute("DELETE FROM audit_chain WHERE sequence = 11").await;
    let (findings, _) = verify(&world).await;
    assert!(findings.contains(&Finding::CheckpointChanged { sequence: 11 }), "{findings:?}");
    world.accounts.prune_audit(world.accounts.now() + Duration::DAY).await.unwrap_err();
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_not_whole_is_not_pruned(pool: PgPool) {
    let world = sealed(pool).await;
    world.clock.advance(Duration::DAY);
    world.execute("UPDATE audit_events SET kind = 'x' WHERE kind = 'sign_in_failed'").await;
    world.accounts.prune_audit(world.accounts.now()).await.unwrap_err();
    assert_eq!(world.count("SELECT count(*) FROM audit_events").await, 10);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_key_that_sealed_is_kept_and_a_lost_one_is_named(pool: PgPool) {
    let world = sealed(pool).await;
    let (old, now) = (testkit::ENCRYPTION_KEY, world.accounts.now());
    let both = EncryptionKeys::rotate_pem(old, now, Duration::ZERO).unwrap();
    let with = |pem: &str| {
        let keys = EncryptionKeys::from_pem(pem).unwrap();
        World::replica(&world.pool, &world.clock, |settings| settings.encryption = Some(keys))
    };
    world.member("cleo").await;
    let rotated = with(&both);
    assert_eq!(rotated.seal_audit(Seal::All).await.unwrap(), 2);
    assert!(rotated.verify_audit(|_| ()).await.unwrap().whole);
    assert_eq!(rotated.unused_keys().await.unwrap(), Vec::<String>::new());
    let new = &both[both.rfind("-----BEGIN").unwrap()..];
    let (newer, mut unknown) = (with(new), 0);
    let verified =
        newer.verify_audit(|finding| unknown += i32::from(matches!(finding, Finding::KeyUnknown { .. })));
    assert_eq!((verified.await.unwrap().whole, unknown), (false, 10));
    let without = World::replica(&world.pool, &world.clock, |settings| settings.encryption = None);
    world.member("dora").await;
    assert_eq!(without.seal_audit(Seal::All).await.unwrap(), 0);
}
