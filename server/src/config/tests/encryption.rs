//! The key ring of secrets at rest.

use super::{AppEnv, Config, raw, refusal, temporary};
use crate::config::Encryption;
use accounts::EncryptionKeys;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

const PRODUCTION: [(&str, &str); 2] =
    [("APP_ENV", "production"), ("BASE_URL", "https://accounts.example.com")];

/// As a server of production reads it.
fn refused(file: &str, mail_is_set_up: bool) -> String {
    let raw = raw(&[("ENCRYPTION_KEY_FILE", file)]);
    Encryption::new(&raw, AppEnv::Production, mail_is_set_up).load().unwrap_err().to_string()
}

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn servers_that_start_at_once_make_one_encryption_key() {
    const SERVERS: usize = 8;
    let folder = temporary("ring");
    let path = folder.join("encryption-key.pem");
    let raw = raw(&[("APP_ENV", "development"), ("ENCRYPTION_KEY_FILE", path.to_str().unwrap())]);
    let start = Barrier::new(SERVERS);
    let ids = thread::scope(|scope| {
        let server = || {
            start.wait();
            let keys = Encryption::new(&raw, AppEnv::Development, false).load().unwrap().unwrap();
            keys.ids().map(str::to_owned).collect::<Vec<_>>()
        };
        let servers: Vec<_> = (0..SERVERS).map(|_| scope.spawn(server)).collect();
        servers.into_iter().map(|server| server.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(ids[0].len() == 1 && ids.iter().all(|other| *other == ids[0]), "{ids:?}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn production_needs_an_encryption_key_where_it_has_mail_and_takes_none_that_others_read() {
    let without = Encryption::new(&raw(&PRODUCTION), AppEnv::Production, false);
    assert!(without.load().unwrap().is_none());
    assert!(refused("", true).starts_with("ENCRYPTION_KEY_FILE: it is not set, and mail needs it"));
    assert!(refused("/nowhere/key.pem", false).starts_with("ENCRYPTION_KEY_FILE: /nowhere/key.pem: "));
    let path = temporary("production-ring.pem");
    let file = path.to_str().unwrap();
    let good = EncryptionKeys::generate_pem().unwrap();
    for mode in [0o644, 0o640, 0o604] {
        write(&path, &good, mode);
        assert!(refused(file, true).ends_with("with `chmod 600`"), "{mode:o}");
    }
    write(&path, &good.replace("ENCRYPTION", "OTHER"), 0o600);
    let told = refused(file, true);
    assert!(
        told.contains("unusable encryption key") && !told.contains(good.lines().nth(1).unwrap()),
        "{told}"
    );
    write(&path, &good, 0o600);
    let raw = raw(&[("ENCRYPTION_KEY_FILE", file)]);
    let keys = Encryption::new(&raw, AppEnv::Production, true);
    assert_eq!(keys.load().unwrap().unwrap().ids().count(), 1);
    assert!(!format!("{keys:?}").contains(good.lines().nth(1).unwrap()));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_encryption_key_that_cannot_be_read_is_told_with_all_else() {
    let named = |settings: &[(&str, &str)]| {
        let told =
            refusal(&[&PRODUCTION[..1], &[("ENCRYPTION_KEY_FILE", "/nowhere/key.pem")], settings].concat());
        told.lines().map(|line| line.split_once(": ").unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(&[PRODUCTION[1]]), ["SIGNING_KEY_FILE", "ENCRYPTION_KEY_FILE"]);
    assert_eq!(named(&[]), ["BASE_URL", "SIGNING_KEY_FILE", "ENCRYPTION_KEY_FILE"]);
    assert!(Config::new(&raw(&PRODUCTION)).is_ok());
    let mail = [("SMTP_URL", "smtps://mail.example.com"), ("MAIL_FROM", "no-reply@example.com")];
    let told = refusal(&[&PRODUCTION[..], &mail].concat());
    assert!(told.contains("\nENCRYPTION_KEY_FILE: it is not set, and mail needs it"), "{told}");
}
