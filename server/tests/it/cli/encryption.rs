//! The encryption keys' rotation, and a start without one of them.

use super::commands::{run, server, text, url};
use crate::app::site;
use accounts::EncryptionKeys;
use domain::AddressForm;
use sqlx::PgPool;
use std::net::TcpListener;
use std::path::PathBuf;
use testkit::{ENCRYPTION_KEY, Mailbox, World};
use time::Duration;

/// A key file of a test's own, with the key of the test's world.
struct Ring(PathBuf);

impl Ring {
    fn new(name: &str) -> Self {
        let name = format!("ring-{name}-{}.pem", std::process::id());
        let ring = Self(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        ring.write(ENCRYPTION_KEY);
        ring
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.0, text).unwrap();
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap()
    }

    fn ids(&self) -> Vec<String> {
        EncryptionKeys::from_pem(&self.text()).unwrap().ids().map(str::to_owned).collect()
    }

    /// As if the newest key had taken over three hours ago.
    fn take_over(&self) {
        let text = self.text();
        let (before, rest) = text.split_once("Encrypts-From: ").unwrap();
        let (from, after) = rest.split_once(char::is_whitespace).unwrap();
        let earlier = from.parse::<i64>().unwrap() - 4 * 3600;
        self.write(&format!("{before}Encrypts-From: {earlier}\n{after}"));
    }

    /// What the command prints.
    fn rotate(&self, pool: &PgPool) -> String {
        let output = run(
            &["rotate-keys", "--encryption"],
            &[("DATABASE_URL", &url(pool)), ("ENCRYPTION_KEY_FILE", self.0.to_str().unwrap())],
        );
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A world in which a mail to ana waits; by the real clock, as the command goes by that.
async fn waiting(pool: &PgPool) -> World {
    let world = World::new(pool.clone());
    world.member("ana").await;
    world.mail().await;
    sqlx::query("DELETE FROM one_time_tokens").execute(pool).await.unwrap();
    let form = AddressForm { email: "ana@example.com".into() };
    world.accounts.forgot_password(&world.stranger(), form).await.unwrap();
    sqlx::query("UPDATE outbox SET expires_at = now() + interval '1 day'").execute(pool).await.unwrap();
    world
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn encryption_keys_are_rotated_in_two_steps(pool: PgPool) {
    let (world, ring) = (waiting(&pool).await, Ring::new("steps"));
    let first = ring.ids();
    let told = ring.rotate(&pool);
    assert!(told.contains("takes over in 60 minutes; restart every server before then"), "{told}");
    let [old, new] = ring.ids().try_into().unwrap();
    assert_eq!(old, first[0]);
    let before = ring.text();
    let told = ring.rotate(&pool);
    assert!(
        told.starts_with("nothing to do yet: the newest encryption key takes over in 60 minutes"),
        "{told}"
    );
    assert_eq!(ring.text(), before);
    ring.take_over();
    let told = ring.rotate(&pool);
    assert_eq!(
        told,
        "waiting mails and authenticator apps encrypted anew: 1; old keys dropped: 1; old keys kept: 0\n"
    );
    assert_eq!(ring.ids(), [new]);
    let keys = EncryptionKeys::from_pem(&ring.text()).unwrap();
    let restarted = World::replica(&pool, &world.clock, |settings| settings.encryption = Some(keys));
    let mailbox = Mailbox::default();
    while restarted.send_due(&mailbox).await.unwrap() {}
    assert_eq!(mailbox.take().len(), 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_key_is_dropped_while_a_row_names_it(pool: PgPool) {
    let (world, ring) = (waiting(&pool).await, Ring::new("kept"));
    assert_eq!(world.mail().await.len(), 1);
    let later = "UPDATE one_time_tokens SET expires_at = now() + interval '7 days'";
    sqlx::query(later).execute(&pool).await.unwrap();
    ring.rotate(&pool);
    ring.take_over();
    let both = ring.ids();
    let told = ring.rotate(&pool);
    assert!(
        told.starts_with(
            "waiting mails and authenticator apps encrypted anew: 0; old keys dropped: 0; old keys kept: 1\n"
        ),
        "{told}"
    );
    assert!(told.contains("run this again then"), "{told}");
    assert_eq!(ring.ids(), both);
    sqlx::query("DELETE FROM one_time_tokens").execute(&pool).await.unwrap();
    ring.rotate(&pool);
    assert_eq!(ring.ids(), both[1..]);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_start_without_a_key_that_rows_name_is_refused(pool: PgPool) {
    let (_world, ring) = (waiting(&pool).await, Ring::new("lost"));
    let missing = ring.ids().remove(0);
    ring.write(&EncryptionKeys::generate_pem().unwrap());
    // An address that is taken: no start goes on to serve.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, address) = (url(&pool), taken.local_addr().unwrap().to_string());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("LEPTOS_SITE_ROOT", site().to_str().unwrap()),
        ("LEPTOS_SITE_ADDR", &address),
        ("ENCRYPTION_KEY_FILE", ring.0.to_str().unwrap()),
    ];
    let output = server(&["serve"], &settings).output().unwrap();
    let told = text(&output.stderr);
    assert!(!output.status.success(), "{told}");
    let sentence = format!(
        "server: ENCRYPTION_KEY_FILE: the database holds rows of keys that are not in this file ({missing})"
    );
    assert!(told.lines().count() == 1 && told.starts_with(&sentence), "{told}");
    // Nor is anything rotated.
    ring.write(
        &EncryptionKeys::rotate_pem(&ring.text(), time::OffsetDateTime::UNIX_EPOCH, Duration::ZERO).unwrap(),
    );
    let before = ring.text();
    let output = run(&["rotate-keys", "--encryption"], &settings);
    assert!(!output.status.success() && text(&output.stderr).contains(&missing));
    assert_eq!(ring.text(), before);
}
