//! `invite`, `link` and `factors`.

use super::commands::{run, text, url};
use crate::app::App;
use domain::{InvitationForm, ResetForm};
use sqlx::PgPool;
use std::os::unix::fs::PermissionsExt;
use testkit::{PASSWORD, World};

const KEY: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// What a command prints in production, without mail.
pub fn printed(url: &str, key_file: Option<&str>, words: &[&str]) -> Result<String, String> {
    let mut settings = vec![
        ("DATABASE_URL", url),
        ("APP_ENV", "production"),
        ("BASE_URL", "https://accounts.example.com"),
        ("ALGORITHM", "HS256"),
        ("SECRET_KEY", KEY),
    ];
    settings.extend(key_file.map(|path| ("ENCRYPTION_KEY_FILE", path)));
    let output = run(words, &settings);
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The token of the link in what a command printed.
fn token(printed: &str, page: &str) -> String {
    let link = printed.lines().find_map(|line| line.strip_prefix("link: ")).unwrap();
    let token = link.strip_prefix(&format!("https://accounts.example.com/{page}#")).unwrap();
    assert!(printed.lines().any(|line| line.starts_with("code: ")), "{printed}");
    token.to_owned()
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_operator_invites_and_passes_links_on_where_mail_is_off(pool: PgPool) {
    let url = url(&pool);
    let key = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("invitations-encryption-key.pem");
    std::fs::write(&key, testkit::ENCRYPTION_KEY).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let key = key.to_str().unwrap();
    let run = |words: &[&str]| printed(&url, Some(key), words);
    let ana = token(&run(&["invite", "ana@example.com", "--role", "admin"]).unwrap(), "invite");
    assert_eq!(token(&run(&["link", "invite", "ana@example.com"]).unwrap(), "invite"), ana);
    run(&["invite", "bob@example.com"]).unwrap();
    assert!(run(&["invite", "bob@example.com", "--revoke"]).unwrap().contains("has ended"));
    assert!(run(&["invite", "bob@example.com", "--revoke"]).unwrap().contains("no invitation"));
    assert!(run(&["link", "invite", "bob@example.com"]).unwrap_err().contains("server invite"));

    let world = App::new(pool).world;
    let form = InvitationForm { token: ana.into(), password: PASSWORD.into(), ..InvitationForm::default() };
    let ana = world.accounts.accept_invitation(&world.stranger(), form).await.unwrap();
    assert_eq!(ana.viewer.role, domain::Role::Admin);
    assert!(run(&["invite", "ana@example.com"]).unwrap_err().contains("an account with this address"));
    assert!(run(&["link", "verify", "ana@example.com"]).is_err(), "it is proven");
    let token = token(&run(&["link", "reset", "ANA@example.com"]).unwrap(), "reset");
    let form =
        ResetForm { token: token.into(), new_password: "copper lanterns".into(), ..ResetForm::default() };
    assert!(world.accounts.reset_password(&world.stranger(), form).await.is_ok());
    for wrong in [&["link", "reset", "nobody@example.com"][..], &["invite", "nonsense"]] {
        assert!(run(wrong).is_err(), "{wrong:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_people_are_served_the_first_admin_chooses_a_password_by_a_link(pool: PgPool) {
    let url = url(&pool);
    let words = ["create-admin", "--if-none", "--email", "root@example.com"];
    let refused = printed(&url, None, &words).unwrap_err();
    assert!(refused.contains("ENCRYPTION_KEY_FILE") && refused.contains("ADMIN_PASSWORD"), "{refused}");
    let key = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("first-admin-encryption-key.pem");
    std::fs::write(&key, testkit::ENCRYPTION_KEY).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let shown = printed(&url, key.to_str(), &words).unwrap();
    assert!(!shown.contains("password"), "{shown}");
    let token = token(&shown, "reset");

    let world = App::new(pool).world;
    assert_eq!(world.count("SELECT count(*) FROM audit_events WHERE kind = 'admin_created'").await, 1);
    let form =
        ResetForm { token: token.into(), new_password: "copper lanterns".into(), ..ResetForm::default() };
    world.accounts.reset_password(&world.stranger(), form).await.unwrap();
    let root = testkit::sign_in("root@example.com", "copper lanterns");
    let root = world.accounts.sign_in(&world.stranger(), root).await.unwrap();
    assert_eq!(root.viewer.role, domain::Role::Admin);
    let next = "`server link reset EMAIL` prints a link to choose its password by";
    let second = printed(&url, key.to_str(), &words).unwrap();
    assert_eq!(second, format!("an admin already exists\n{next}\n"));
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_invitation_is_mailed_where_mail_is_on_and_needs_a_key_where_not(pool: PgPool) {
    let url = url(&pool);
    let told = printed(&url, None, &["invite", "ana@example.com"]).unwrap_err();
    assert!(told.contains("ENCRYPTION_KEY_FILE"), "{told}");
    let output = run(&["invite", "ana@example.com"], &[("DATABASE_URL", &url)]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("link:"));
    assert_eq!(World::new(pool).count("SELECT count(*) FROM outbox WHERE kind = 'invite'").await, 1);
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_operator_clears_the_factors_of_the_last_admin(pool: PgPool) {
    let url = url(&pool);
    let world = World::new(pool);
    let mut root = world.member("root").await;
    world.execute("UPDATE users SET role = 'admin'").await;
    world.set_up_totp(&mut root).await;
    let clear = |email: &str| printed(&url, None, &["factors", "clear", email]);
    assert!(clear("root@example.com").unwrap().contains("the second factors are gone"));
    assert!(clear("root@example.com").unwrap().contains("there was no second factor"));
    assert!(clear("nobody@example.com").unwrap_err().contains("no such account"));
    assert!(clear("nonsense").is_err());
    assert_eq!(world.count("SELECT count(*) FROM totp").await, 0);
}
