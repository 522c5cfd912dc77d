use super::*;
use crate::rng::SystemRng;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-11-27 10:00 UTC);
const LEAD: Duration = Duration::hours(1);
const ROW: Uuid = Uuid::from_u128(1);
const OTHER_ROW: Uuid = Uuid::from_u128(2);
const PLAIN: &[u8] = b"ana@example.com";

fn ring(text: &str) -> EncryptionKeys {
    EncryptionKeys::from_pem(text).unwrap()
}

fn new() -> String {
    EncryptionKeys::generate_pem().unwrap()
}

fn sealed(keys: &EncryptionKeys, now: OffsetDateTime) -> Sealed {
    keys.seal(Label::Outbox, ROW, PLAIN, now, &SystemRng).unwrap()
}

/// The same bytes under another key's name.
fn renamed(sealed: &Sealed, keys: &EncryptionKeys) -> Sealed {
    Sealed { key_id: keys.newest(NOW).to_owned(), ..sealed.clone() }
}

#[test]
fn what_was_sealed_opens_and_reveals_nothing() {
    let keys = ring(&new());
    let (one, two) = (sealed(&keys, NOW), sealed(&keys, NOW));
    assert_eq!(*keys.open(Label::Outbox, ROW, &one).unwrap(), PLAIN);
    assert_ne!(one.bytes, two.bytes, "each has a nonce of its own");
    assert!(!one.bytes.windows(3).any(|part| part == b"ana"));
    let empty = keys.seal(Label::TokenDetail, ROW, b"", NOW, &SystemRng).unwrap();
    assert_eq!(*keys.open(Label::TokenDetail, ROW, &empty).unwrap(), b"");
    assert_eq!(one.key_id.len(), 16);
    assert_eq!(format!("{keys:?}"), "EncryptionKeys(…)");
}

#[test]
fn a_sealed_value_opens_in_its_own_row_and_use_alone() {
    let (keys, others) = (ring(&new()), ring(&new()));
    let sealed = sealed(&keys, NOW);
    let refused = |keys: &EncryptionKeys, label, row, sealed: &Sealed| {
        assert!(
            matches!(keys.open(label, row, sealed), Err(Error::Internal(_))),
            "{label:?} {row} {sealed:?}"
        );
    };
    refused(&keys, Label::Outbox, OTHER_ROW, &sealed);
    refused(&keys, Label::TokenDetail, ROW, &sealed);
    refused(&others, Label::Outbox, ROW, &sealed);
    refused(&others, Label::Outbox, ROW, &renamed(&sealed, &others));
    for at in 0..sealed.bytes.len() {
        let mut changed = sealed.clone();
        changed.bytes[at] ^= 1;
        refused(&keys, Label::Outbox, ROW, &changed);
        changed.bytes.truncate(at);
        refused(&keys, Label::Outbox, ROW, &changed);
    }
}

#[test]
fn a_secret_follows_from_key_use_row_and_data() {
    let (keys, others) = (ring(&new()), ring(&new()));
    let mac = |keys: &EncryptionKeys, label, row, data: &[u8]| {
        keys.mac(label, keys.newest(NOW), row, data).unwrap()
    };
    let secret = mac(&keys, Label::OneTimeToken, ROW, b"");
    assert_eq!(mac(&keys, Label::OneTimeToken, ROW, b""), secret);
    for other in [
        mac(&others, Label::OneTimeToken, ROW, b""),
        mac(&keys, Label::OneTimeCode, ROW, b""),
        mac(&keys, Label::OneTimeToken, OTHER_ROW, b""),
        mac(&keys, Label::OneTimeToken, ROW, b"x"),
    ] {
        assert_ne!(other, secret);
    }
    let unknown = keys.mac(Label::OneTimeToken, others.newest(NOW), ROW, b"");
    assert!(matches!(unknown, Err(Error::Internal(_))));
}

struct Sevens;

impl Rng for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// What rows of a database hold must open with later versions too.
#[test]
fn the_ways_of_sealing_and_deriving_never_change() {
    let keys = ring(
        "-----BEGIN ENCRYPTION KEY-----\nKioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=\n-----END ENCRYPTION KEY-----\n",
    );
    let sealed = keys.seal(Label::Outbox, ROW, PLAIN, NOW, &Sevens).unwrap();
    let mac = keys.mac(Label::OneTimeToken, keys.newest(NOW), ROW, b"").unwrap();
    let shown =
        [keys.newest(NOW).to_owned(), URL_SAFE_NO_PAD.encode(sealed.bytes), URL_SAFE_NO_PAD.encode(mac)];
    assert_eq!(
        shown,
        [
            "QmBbBwZD5WnUr2NI",
            "BwcHBwcHBwcHBwcHwDIfhWPJ9U69VoKGJwtqRAkthJQbX5egYYTrJkdj3g",
            "wsukw8n2DQfY_fxlgRRxJXQ3paY9WWoHHzld6laUfG8"
        ]
    );
}

#[test]
fn a_new_key_is_known_before_it_encrypts_and_the_old_one_still_opens() {
    let first = new();
    let second = EncryptionKeys::rotate_pem(&first, NOW, LEAD).unwrap();
    assert!(second.starts_with(&first), "the new key stands at the end");
    let (one, two) = (ring(&first), ring(&second));
    let [old, newer] = two.ids().map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(one.newest(NOW), old);
    assert_eq!(two.newest(NOW + LEAD - Duration::SECOND), old);
    assert_eq!(two.newest(NOW + LEAD), newer);
    assert_eq!(two.newest(OffsetDateTime::UNIX_EPOCH - LEAD), old, "a clock that is wrong stops nothing");
    assert_eq!((one.next_begins(NOW), two.next_begins(NOW)), (None, Some(NOW + LEAD)));
    assert_eq!(two.next_begins(NOW + LEAD), None);
    assert_eq!(*two.open(Label::Outbox, ROW, &sealed(&one, NOW)).unwrap(), PLAIN);
    let later = sealed(&two, NOW + LEAD);
    assert_eq!(later.key_id, newer);
    assert_eq!(*ring(&second).open(Label::Outbox, ROW, &later).unwrap(), PLAIN);
}

#[test]
fn only_a_key_that_no_server_encrypts_with_is_dropped() {
    let file = EncryptionKeys::rotate_pem(&new(), NOW, LEAD).unwrap();
    let all: Vec<_> = ring(&file).ids().map(str::to_owned).collect();
    let left = |unused: &[String], now| {
        let text = EncryptionKeys::without(&file, unused, now).unwrap();
        ring(&text).ids().map(str::to_owned).collect::<Vec<_>>()
    };
    let safe = NOW + LEAD + Duration::hours(1);
    assert_eq!(left(&all, NOW), all, "the second has yet to begin");
    assert_eq!(left(&all, safe - Duration::SECOND), all, "a slow clock may still be at the first");
    assert_eq!(left(&all, safe), all[1..], "never the last");
    assert_eq!(left(&all[1..], safe), all);
    assert_eq!(left(&[], safe), all);
    let only = EncryptionKeys::without(&file, &all, safe).unwrap();
    assert_eq!(EncryptionKeys::without(&only, &all, safe + LEAD).unwrap(), only);
}

#[test]
fn a_file_that_holds_no_ring_is_refused_without_its_bytes() {
    let good = new();
    let (header, end) = ("-----BEGIN ENCRYPTION KEY-----", "-----END ENCRYPTION KEY-----");
    let body = good.split_once('\n').unwrap().1;
    for bad in [
        String::new(),
        "SGVsbG8gd29ybGQ".to_owned(),
        good.replace("ENCRYPTION KEY", "PRIVATE KEY"),
        format!("{good}-----BEGIN PRIVATE KEY-----\nSGVsbG8gd29ybGQ=\n-----END PRIVATE KEY-----\n"),
        format!("{header}\nSGVsbG8gd29ybGQ=\n{end}\n"),
        format!("{header}\n!SGVsbG8gd29ybGQ\n{end}\n"),
        format!("{good}{good}"),
        format!("{header}\nEncrypts-From: SGVsbG8gd29ybGQ\n\n{body}"),
        format!("{header}\nEncrypts-From: 99999999999999999\n\n{body}"),
    ] {
        for refused in [
            EncryptionKeys::from_pem(&bad).map(drop),
            EncryptionKeys::rotate_pem(&bad, NOW, LEAD).map(drop),
            EncryptionKeys::without(&bad, &[], NOW).map(drop),
        ] {
            let Err(SetupError::EncryptionKey(why)) = refused else { panic!("{bad}: {refused:?}") };
            assert!(!why.contains("SGVs") && !why.contains(body.trim()), "{why}");
        }
    }
}
