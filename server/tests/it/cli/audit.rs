//! `server audit`: the trail from outside.

use super::commands::{run, text, url};
use sqlx::PgPool;
use std::path::Path;
use testkit::World;

/// The key with which tests seal.
pub fn key_file() -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("audit-key-{}.pem", std::process::id()));
    std::fs::write(&path, testkit::ENCRYPTION_KEY).unwrap();
    path.to_str().unwrap().to_owned()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn verify_says_by_its_exit_code_whether_the_trail_is_whole(pool: PgPool) {
    let world = World::new(pool);
    let (url, key) = (url(&world.pool), key_file());
    let settings = [("DATABASE_URL", url.as_str()), ("ENCRYPTION_KEY_FILE", &key)];
    let verify = || {
        let output = run(&["audit", "verify"], &settings);
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(verify().0, 0, "{:?}", verify());
    world.member("ana").await;
    let (code, told, _) = verify();
    assert!(code == 4 && told.matches("not sealed yet: event ").count() == 2, "{told}");
    world.accounts.seal_audit(accounts::Seal::All).await.unwrap();
    let (code, told, _) = verify();
    assert!(
        code == 0 && told.contains("sealed: 2; not sealed yet: 0") && told.contains("the last link: 2 "),
        "{told}"
    );
    world.execute("UPDATE audit_details SET address = '192.0.2.6'").await;
    let (code, told, _) = verify();
    assert!(code == 3 && told.matches("changed: details of event ").count() == 2, "{told}");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn the_oldest_part_of_the_trail_is_deleted_by_command(pool: PgPool) {
    let world = World::new(pool);
    let (url, key) = (url(&world.pool), key_file());
    let settings = [("DATABASE_URL", url.as_str()), ("ENCRYPTION_KEY_FILE", &key)];
    world.member("ana").await;
    world.accounts.seal_audit(accounts::Seal::All).await.unwrap();
    for day in ["yesterday", "2026-02-30"] {
        let refused = run(&["audit", "prune", "--before", day], &settings);
        assert!(text(&refused.stderr).contains("isn't a day"), "{}", text(&refused.stderr));
    }
    let pruned = run(&["audit", "prune", "--before", "2100-01-01"], &settings);
    assert_eq!(text(&pruned.stdout), "pruned: 2\n", "{}", text(&pruned.stderr));
    assert!(run(&["audit", "verify"], &settings).status.success());
}
