//! The export: all that is kept about a person, nothing of anybody else, and no secret.

use crate::crew::{admin, admin_patch, again, break_the_trail, kinds};
use accounts::retention::RETENTION;
use accounts::{Error, RequestCtx};
use domain::{EmailForm, ProfileForm, TotpConfirmForm};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::BTreeSet;
use testkit::passkey::{KeyKind, SoftAuthenticator, new_passkey};
use testkit::{ISSUER, PASSWORD, World, totp_code};
use time::Duration;

const OWN_EVENTS: &str = "actor_id = $1 OR (subject_id = $1 AND actor_id IS NULL)";
const OWN_DETAILS: &str = "event_id IN (SELECT id FROM audit_events
    WHERE actor_id = $1 OR (subject_id = $1 AND actor_id IS NULL))";

async fn whole(world: &World, ctx: &RequestCtx) -> String {
    let mut export = world.accounts.export(ctx).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = export.next_piece().await.unwrap() {
        text.push_str(&piece);
    }
    text
}

/// Somebody about whom everything is kept that can be.
async fn ana(world: &World) -> RequestCtx {
    let ada = admin(world, "ada").await;
    let ana = world.member("ana").await;
    again(world, "ana").await;
    world.program("ana").await;
    let ctx = world.holder(&ana).await;
    // As JSON, so that another field of the profile changes nothing here.
    let form = json!({
        "username": "harbour-ana",
        "name": "Ana the Keeper",
        "first_name": "Anastasia",
        "last_name": "Ilves",
        "bio": "Keeps the harbour light.",
    });
    let form: ProfileForm = serde_json::from_value(form).unwrap();
    world.accounts.save_profile(&ctx, form).await.unwrap();
    let by_admin = world.holder(&ada).await;
    world
        .accounts
        .change_user(&by_admin, ana.viewer.id, admin_patch(json!({"bio": "Keeps it."})))
        .await
        .unwrap();
    let form = EmailForm { email: "ana@new.example".to_owned(), password: PASSWORD.into() };
    world.accounts.change_email(&ctx, form).await.unwrap();
    world.mail().await;
    world
        .execute("UPDATE one_time_tokens SET used_at = '2026-11-20 12:34:56Z' WHERE purpose = 'verify'")
        .await;
    world
        .execute(
            "UPDATE sessions SET ended_at = '2026-11-20 12:35:57Z' WHERE kind = 'bearer'
                AND user_id = (SELECT id FROM users WHERE email LIKE 'ana@%')",
        )
        .await;
    ctx
}

/// What an admin did to others is about the admin, and whose accounts they were is not.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_one_did_to_others_is_in_the_export_without_them(pool: PgPool) {
    let world = World::new(pool);
    let (ada, ana) = (admin(&world, "ada").await, world.member("ana").await);
    let mut ctx = world.holder(&ada).await;
    ctx.client.agent = "Ada's very own browser".to_owned();
    // More than a piece of acts on oneself, before and behind.
    let own = "INSERT INTO audit_events (id, at, kind, actor_id, subject_id, request_id)
               SELECT gen_random_uuid(), now(), 'profile_changed', $1, $1, 'test' FROM generate_series(1, 250)";
    sqlx::query(own).bind(ada.viewer.id.0).execute(&world.pool).await.unwrap();
    let disable = admin_patch(json!({"is_active": false}));
    world.accounts.change_user(&ctx, ana.viewer.id, disable).await.unwrap();
    let text = whole(&world, &ctx).await;
    let export: Value = serde_json::from_str(&text).unwrap();
    let acts = export["acts"].as_array().unwrap();
    assert_eq!(acts.len(), 1);
    assert_eq!(
        (&acts[0]["kind"], &acts[0]["agent"]),
        (&json!("account_disabled"), &json!("Ada's very own browser"))
    );
    assert!(!text.contains(&ana.viewer.id.to_string()) && !text.contains("ana@"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn whoever_has_to_prove_their_address_takes_no_export(pool: PgPool) {
    let world = World::with(pool, |settings| settings.require_verified = true);
    let ctx = world.holder(&world.member("ana").await).await;
    assert!(matches!(world.accounts.export(&ctx).await.map(drop), Err(Error::EmailUnverified)));
    assert_eq!(world.accounts.leaving(&ctx).await.unwrap().grace_days, 14, "but they can leave");
}

/// The same, once they have set an authenticator app up and used a passkey.
async fn with_factors(world: &World, ctx: &RequestCtx) -> RequestCtx {
    let options = world.accounts.passkey_add_options(ctx).await.unwrap();
    let form = new_passkey("Phone", &SoftAuthenticator::new(KeyKind::EdDsa).create(ISSUER, &options));
    let token = world.accounts.add_passkey(ctx, form).await.unwrap().token;
    world.execute("UPDATE passkeys SET last_used_at = '2026-11-20 12:36:58Z'").await;
    let ctx = &world.browser(&token.unwrap()).await;
    let secret = world.accounts.begin_totp(ctx).await.unwrap().secret;
    let form = TotpConfirmForm { code: totp_code(&secret, ctx.now).into() };
    let token = world.accounts.confirm_totp(ctx, form).await.unwrap().token;
    // Those that they had are forgotten by that.
    let device = "INSERT INTO known_devices (token_hash, user_id, last_used_at, agent, trusted_until)
                  SELECT sha256('a device'), id, '2026-11-20 12:36:58Z', 'a browser', '2026-12-20 12:36:59Z' FROM users WHERE email LIKE 'ana@%'";
    world.execute(device).await;
    world.browser(&token.unwrap()).await
}

/// Each value of the person's own rows, by the retention table: a column that the export lacks fails here.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_personal_column_is_in_the_export_and_no_secret(pool: PgPool) {
    let world = World::new(pool);
    let ctx = with_factors(&world, &ana(&world).await).await;
    let id = ctx.member().unwrap().user.0;
    let text = whole(&world, &ctx).await;
    let exported = leaves(&serde_json::from_str(&text).unwrap());
    for retained in RETENTION {
        let whose = match retained.table {
            "users" => "id = $1",
            // What the deletion of the account deletes.
            "audit_events" => OWN_EVENTS,
            "audit_details" => OWN_DETAILS,
            _ if retained.personal.is_empty() => continue,
            _ => "user_id = $1",
        };
        for column in retained.personal {
            let values = values(&world, retained.table, column, whose, id).await;
            assert!(!values.is_empty(), "nothing to look for: {}.{column}", retained.table);
            for value in values {
                assert!(exported.contains(&value), "{}.{column}: {value} in {text}", retained.table);
            }
        }
        for column in retained.secret {
            for value in values(&world, retained.table, column, whose, id).await {
                assert!(!text.contains(&value), "{}.{column}", retained.table);
            }
        }
    }
}

/// The values of a column, each as the export writes it.
async fn values(world: &World, table: &str, column: &str, whose: &str, id: uuid::Uuid) -> BTreeSet<String> {
    let sql = format!(
        "SELECT DISTINCT CASE pg_typeof({column})::text
            WHEN 'timestamp with time zone'
                THEN to_char({column}::text::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')
            WHEN 'bytea' THEN encode({column}::text::bytea, 'hex')
            ELSE {column}::text END
         FROM {table} WHERE {column} IS NOT NULL AND ({whose})"
    );
    let found: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(id).fetch_all(&world.pool).await.unwrap();
    match column {
        "factors" => BTreeSet::from(["pwd".to_owned()]),
        "detail" => found.iter().flat_map(|text| leaves(&serde_json::from_str(text).unwrap())).collect(),
        _ => found.into_iter().collect(),
    }
}

/// Every value that stands alone.
fn leaves(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Null => BTreeSet::new(),
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(fields) => fields.values().flat_map(leaves).collect(),
        Value::String(text) => BTreeSet::from([text.clone()]),
        other => BTreeSet::from([other.to_string()]),
    }
}

/// Whoever takes it at an unlocked computer is seen; what cannot be recorded is not taken.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_export_is_recorded(pool: PgPool) {
    let world = World::new(pool);
    let ctx = world.holder(&world.member("ana").await).await;
    assert!(whole(&world, &ctx).await.contains("data_exported"));
    assert_eq!(kinds(&world).await, ["data_exported"]);
    break_the_trail(&world).await;
    assert!(world.accounts.export(&ctx).await.is_err());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_export_ends_with_its_session(pool: PgPool) {
    let world = World::new(pool);
    let ctx = world.holder(&world.member("ana").await).await;
    let mut export = world.accounts.export(&ctx).await.unwrap();
    assert!(export.next_piece().await.unwrap().is_some());
    world.accounts.sign_out(&ctx).await.unwrap();
    assert!(matches!(export.next_piece().await, Err(Error::SignInNeeded)));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn nothing_of_other_people_is_in_the_export(pool: PgPool) {
    let world = World::new(pool);
    let ctx = ana(&world).await;
    let export: Value = serde_json::from_str(&whole(&world, &ctx).await).unwrap();
    let text = export.to_string();
    let ada: String = sqlx::query_scalar("SELECT id::text FROM users WHERE email = 'ada@example.com'")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert!(!text.contains(&ada) && !text.contains("ada@"));
    let theirs =
        "SELECT d.address FROM audit_details d JOIN audit_events ON id = event_id WHERE actor_id = $1::uuid
                  UNION SELECT address FROM sessions WHERE user_id = $1::uuid";
    let addresses: Vec<String> = sqlx::query_scalar(theirs).bind(&ada).fetch_all(&world.pool).await.unwrap();
    assert!(!addresses.is_empty() && addresses.iter().all(|address| !text.contains(address.as_str())));
    let events = export["activity"].as_array().unwrap();
    let by_admin: Vec<_> = events.iter().filter(|event| event["by_admin"] == true).collect();
    assert_eq!(by_admin.len(), 1);
    assert!(by_admin[0]["address"].is_null() && by_admin[0]["session"].is_null());
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_export_wants_a_recent_sign_in(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    world.clock.advance(Duration::minutes(10));
    whole(&world, &world.holder(&ana).await).await;
    world.clock.advance(Duration::SECOND);
    let refused = world.accounts.export(&world.holder(&ana).await).await;
    assert!(matches!(refused.map(drop), Err(Error::Reauthenticate)));
    assert!(matches!(world.accounts.export(&world.stranger()).await.map(drop), Err(Error::SignInNeeded)));
}

/// A piece holds a hundred items, however many there are.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_long_trail_comes_in_pieces_and_whole(pool: PgPool) {
    let world = World::new(pool);
    let ana = world.member("ana").await;
    for more in [0, 98, 99, 100, 101, 250] {
        world.execute("DELETE FROM audit_events").await;
        let sql = "INSERT INTO audit_events (id, at, kind, subject_id, request_id)
                   SELECT gen_random_uuid(), now(), 'signed_in', $1, 'test' FROM generate_series(1, $2)";
        sqlx::query(sql).bind(ana.viewer.id.0).bind(more).execute(&world.pool).await.unwrap();
        let mut export = world.accounts.export(&world.holder(&ana).await).await.unwrap();
        let (mut text, mut longest) = (String::new(), 0);
        while let Some(piece) = export.next_piece().await.unwrap() {
            longest = longest.max(piece.len());
            text.push_str(&piece);
        }
        let whole: Value = serde_json::from_str(&text).unwrap();
        let ids: BTreeSet<_> =
            whole["activity"].as_array().unwrap().iter().map(|event| event["id"].to_string()).collect();
        assert_eq!(ids.len(), usize::try_from(more + 1).unwrap(), "with the export's own");
        assert!(longest < 40_000, "{longest}");
        assert_eq!(whole["version"], 1);
    }
}
