//! The retention table says what the database holds, and the deletion of an account does what it says.

use crate::crew::{admin, admin_patch, again};
use accounts::retention::{self, OnDeletion, RETENTION, Retained};
use domain::{AddressForm, EmailForm};
use serde_json::json;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use testkit::{PASSWORD, World, sign_in};

const DOCUMENT: &str = "../../docs/retention.md";

fn columns(retained: &Retained) -> impl Iterator<Item = &'static str> {
    [retained.personal, retained.secret, retained.other].into_iter().flatten().copied()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_column_of_the_database_is_in_the_table(pool: PgPool) {
    let sql = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'";
    let there: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
    let there: BTreeSet<_> = there.into_iter().collect();
    let mut listed = BTreeSet::new();
    for retained in RETENTION {
        for column in columns(retained) {
            let new = listed.insert((retained.table.to_owned(), column.to_owned()));
            assert!(new, "{}.{column} stands twice", retained.table);
        }
    }
    let (missing, unknown) = (&there - &listed, &listed - &there);
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not in the table: {missing:?}; nowhere else: {unknown:?}"
    );
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn rows_go_with_their_account_where_the_table_says_so(pool: PgPool) {
    let sql = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'";
    let cascading: Vec<String> = sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap();
    let cascading: BTreeSet<_> = cascading.into_iter().collect();
    let with_rows = RETENTION.iter().filter(|retained| retained.on_deletion == OnDeletion::Rows);
    let with_rows: BTreeSet<_> = with_rows.map(|retained| retained.table.to_owned()).collect();
    // A mail goes with its token, not with the account; the profile stands in the account's own row.
    let [mails, own] = ["outbox", "users"].map(|table| BTreeSet::from([table.to_owned()]));
    assert_eq!(with_rows, &(&cascading - &mails) | &own);
}

/// Every row of every table, as text.
async fn all_rows(pool: &PgPool) -> BTreeMap<&'static str, Vec<String>> {
    let mut rows = BTreeMap::new();
    for retained in RETENTION {
        let sql = format!("SELECT t::text FROM {} t", retained.table);
        let found = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await.unwrap();
        rows.insert(retained.table, found);
    }
    rows
}

fn naming<'a>(rows: &'a BTreeMap<&'static str, Vec<String>>, texts: &[&str]) -> Vec<(&'a str, &'a str)> {
    let all = rows.iter().flat_map(|(table, rows)| rows.iter().map(|row| (*table, row.as_str())));
    all.filter(|(_, row)| texts.iter().any(|text| row.contains(text))).collect()
}

/// Whatever somebody did here, nothing is left of it but their id in the audit trail.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_of_a_person_stays_but_their_id_in_the_trail(pool: PgPool) {
    let world = World::new(pool);
    let ada = admin(&world, "ada").await;
    let ana = world.member("ana").await;
    let id = ana.viewer.id.0.to_string();
    let ctx = |ctx: accounts::RequestCtx| {
        let mut ctx = ctx;
        ctx.client.agent = "Ana's very own browser".to_owned();
        ctx.client.address = "2001:db8:aaaa::1".parse().unwrap();
        ctx
    };
    world.accounts.sign_in(&ctx(world.stranger()), sign_in("ana@example.com", PASSWORD)).await.unwrap();
    world.accounts.sign_in(&ctx(world.stranger()), sign_in("ana@example.com", "wrong")).await.unwrap_err();
    world
        .accounts
        .sign_in_bearer(&ctx(world.stranger()), sign_in("ana@example.com", PASSWORD))
        .await
        .unwrap();
    let address = AddressForm { email: "ana@example.com".to_owned() };
    world.accounts.forgot_password(&ctx(world.stranger()), address).await.unwrap();
    let form = EmailForm { email: "ana@new.example".to_owned(), password: PASSWORD.into() };
    world.accounts.change_email(&ctx(world.holder(&ana).await), form).await.unwrap();
    world.mail().await;
    let theirs = ["ana@", "Ana's very own", "2001:db8:aaaa", &id];
    let rows = all_rows(&world.pool).await;
    let tables: BTreeSet<_> = naming(&rows, &theirs).into_iter().map(|(table, _)| table).collect();
    let expected = [
        "audit_details",
        "audit_events",
        "known_devices",
        "known_networks",
        "one_time_tokens",
        "sessions",
        "users",
    ];
    assert_eq!(tables.into_iter().collect::<Vec<_>>(), expected);

    let by_admin = world.holder(&ada).await;
    world.accounts.end_sessions_of(&by_admin, ana.viewer.id).await.unwrap();
    let disabled = admin_patch(json!({ "is_active": false, "reason": "Ana's very own words" }));
    world.accounts.change_user(&by_admin, ana.viewer.id, disabled).await.unwrap();
    world.accounts.delete_user(&by_admin, ana.viewer.id).await.unwrap();
    let rows = all_rows(&world.pool).await;
    assert!(naming(&rows, &theirs[..3]).is_empty(), "{:?}", naming(&rows, &theirs[..3]));
    assert!(naming(&rows, &[&id]).iter().all(|(table, _)| *table == "audit_events"));
    let others = "SELECT count(*) FROM audit_events WHERE actor_id IS NOT NULL
                  AND id NOT IN (SELECT event_id FROM audit_details)";
    let kept = "Ana's own change, and why she was disabled; an admin's other acts keep their address";
    assert_eq!(world.count(others).await, 2, "{kept}");
    again(&world, "ada").await;
}

/// The document holds the table as it is: `cargo xtask generate` writes it there.
#[test]
fn the_document_shows_the_table() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT)).unwrap();
    assert!(document.ends_with(&retention::markdown()), "run `cargo xtask generate`");
}
