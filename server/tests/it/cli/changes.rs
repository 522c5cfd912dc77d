//! Commands are no servers: nobody hears from them by Redis.

use super::commands::url;
use super::invitations::printed;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use testkit::World;

/// So no server has to be told of what a command did. An account that it makes is cached nowhere.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_command_changes_an_account_that_is_there(pool: PgPool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let [key, users] = ["changes-encryption-key.pem", "changes.csv"].map(|name| folder.join(name));
    std::fs::write(&key, testkit::ENCRYPTION_KEY).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&users, "email,name\nana@example.com,Another\nnew@example.com,New\n").unwrap();
    let [key, users] = [&key, &users].map(|path| path.to_str().unwrap());
    let world = World::new(pool.clone());
    let mut there = BTreeSet::new();
    for name in ["ana", "ben"] {
        there.insert(world.member(name).await.viewer.id.to_string());
    }
    let mut listener = PgListener::connect_with(&pool).await.unwrap();
    listener.listen("session_changes").await.unwrap();
    for (words, done) in [
        (&["migrate"][..], true),
        (&["create-admin", "--email", "boss@example.com"], true),
        (&["create-admin", "--email", "other@example.com", "--if-none"], true),
        (&["create-admin", "--email", "ana@example.com"], false),
        (&["invite", "eve@example.com", "--role", "admin"], true),
        (&["invite", "eve@example.com", "--revoke"], true),
        (&["invite", "ana@example.com"], false),
        (&["link", "reset", "ana@example.com"], true),
        (&["link", "verify", "ana@example.com"], true),
        (&["import-users", users, "--dry-run"], true),
        (&["import-users", users], true),
        (&["rotate-keys", "--encryption", "--lead", "0"], true),
        (&["rotate-keys", "--encryption"], true),
    ] {
        let printed = printed(&url(&pool), Some(key), words);
        assert_eq!(printed.is_ok(), done, "{words:?}: {printed:?}");
    }
    sqlx::query("SELECT pg_notify('session_changes', 'the last')").execute(&pool).await.unwrap();
    let mut changed = BTreeSet::new();
    while !changed.contains("the last") {
        changed.insert(listener.recv().await.unwrap().payload().to_owned());
    }
    assert!(changed.is_disjoint(&there), "{changed:?}");
}
