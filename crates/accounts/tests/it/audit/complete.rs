//! Promise P33: each change has its one event, in its own transaction, and each event its one link.

use accounts::{RequestCtx, Seal};
use domain::ProfileForm;
use sqlx::PgPool;
use testkit::{PASSWORD, World, sign_in};

/// Notes the transaction of each change, in that transaction.
const CAUSES: &str = "
    CREATE TABLE causes (kind text, tx xid8);
    CREATE FUNCTION cause() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO causes VALUES (TG_ARGV[0], pg_current_xact_id());
        RETURN NULL;
    END $$;
    CREATE TRIGGER changed AFTER UPDATE OF name ON users FOR EACH ROW
        WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION cause('profile_changed');
    CREATE TRIGGER opened AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION cause('signed_in');
    CREATE TRIGGER ended AFTER UPDATE OF ended_at ON sessions FOR EACH ROW
        WHEN (OLD.ended_at IS NULL) EXECUTE FUNCTION cause('signed_out')";

/// Some transactions end at their commit, others are refused before it.
const REFUSALS: &str = "
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;
    CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (NEW.name LIKE '%late') EXECUTE FUNCTION refuse();
    CREATE TRIGGER early BEFORE INSERT ON audit_details FOR EACH ROW
        WHEN (NEW.agent = 'early') EXECUTE FUNCTION refuse()";

/// Causes without an event in their transaction, events without a cause in theirs, and events that are there twice or lack
/// their details.
const APART: &str = "
    WITH events AS (SELECT kind, xmin::text AS tx, id FROM audit_events WHERE kind IN (SELECT kind FROM causes)),
         noted AS (SELECT kind, (tx::text::numeric % 4294967296)::text AS tx FROM causes)
    SELECT (SELECT count(*) FROM noted c WHERE NOT EXISTS (SELECT FROM events e WHERE (e.kind, e.tx) = (c.kind, c.tx))),
           (SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT FROM noted c WHERE (e.kind, e.tx) = (c.kind, c.tx))),
           (SELECT count(*) - count(DISTINCT (kind, tx)) FROM events),
           (SELECT count(*) FROM events e WHERE NOT EXISTS (
                SELECT FROM audit_details d WHERE d.event_id = e.id AND d.xmin::text = e.tx)),
           (SELECT count(*) FROM events)";

/// Changes the name again and again, and is sometimes refused; signs in and out in between. Answers how much was done.
async fn busy(world: &World, mut ctx: RequestCtx, rounds: usize) -> i64 {
    let mut done = 0;
    for round in 1..=rounds {
        let name = if round % 7 == 0 { format!("{round} late") } else { round.to_string() };
        ctx.client.agent = String::from(if round % 11 == 0 { "early" } else { "test" });
        let form = ProfileForm { name: Some(name), ..ProfileForm::default() };
        let refused = round % 7 == 0 || round % 11 == 0;
        let saved = world.accounts.save_profile(&ctx, form).await;
        assert_eq!(saved.is_err(), refused, "{round}");
        done += i64::from(!refused);
        if round % 50 == 0 {
            let form = sign_in(&ctx.member().unwrap().email, PASSWORD);
            let other = world.accounts.sign_in(&world.stranger(), form).await.unwrap();
            let other = world.holder(&other).await;
            world.accounts.sign_out(&other).await.unwrap();
            done += 2;
        }
    }
    done
}

async fn seal_meanwhile(world: &World) -> u64 {
    let mut sealed = 0;
    for _ in 0..10 {
        sealed += world.accounts.seal_audit(Seal::All).await.unwrap();
    }
    sealed
}

async fn each_change_has_its_event(pool: PgPool, rounds: usize) {
    let world = World::new(pool);
    let names = ["ana", "ben", "cleo", "dora"];
    let mut members = Vec::new();
    for name in names {
        members.push(world.holder(&world.member(name).await).await);
    }
    sqlx::raw_sql("DELETE FROM audit_events").execute(&world.pool).await.unwrap();
    for sql in [CAUSES, REFUSALS] {
        sqlx::raw_sql(sql).execute(&world.pool).await.unwrap();
    }
    let [a, b, c, d] = members.try_into().unwrap_or_else(|_| unreachable!());
    let each = rounds / names.len();
    let done = tokio::join!(
        busy(&world, a, each),
        busy(&world, b, each),
        busy(&world, c, each),
        busy(&world, d, each),
        seal_meanwhile(&world)
    );
    let (missing, alone, doubled, without_details, events): (i64, i64, i64, i64, i64) =
        sqlx::query_as(APART).fetch_one(&world.pool).await.unwrap();
    assert_eq!((missing, alone, doubled, without_details), (0, 0, 0, 0));
    assert_eq!(events, done.0 + done.1 + done.2 + done.3);
    println!("{events} events: missing {missing}, doubled {doubled}");
    let sealed = done.4 + world.accounts.seal_audit(Seal::All).await.unwrap();
    let verified = world.accounts.verify_audit(|finding| panic!("{finding:?}")).await.unwrap();
    assert_eq!((verified.links, verified.unsealed, verified.whole), (sealed, 0, true));
    assert_eq!(i64::try_from(sealed).unwrap(), world.count("SELECT count(*) FROM audit_events").await);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn each_change_has_its_one_event_in_its_own_transaction(pool: PgPool) {
    Box::pin(each_change_has_its_event(pool, 400)).await;
}

/// The figure of promise P33, of 10,000 events and more.
#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "takes minutes"]
async fn ten_thousand_changes_have_ten_thousand_events(pool: PgPool) {
    Box::pin(each_change_has_its_event(pool, 12_800)).await;
}
