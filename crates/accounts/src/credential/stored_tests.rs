use super::*;
use crate::credential::Priority;
use crate::credential::{Hasher, Hashing};
use crate::rng::SystemRng;
use domain::SignInForm;
use std::sync::Arc;

const PASSWORD: &str = "violet staircase under rain";
/// `ü` as two characters, which is how the other service hashed it.
const DECOMPOSED: &str = "schlu\u{308}ssel unter regen";

/// Made with Django 5.2, passlib 1.7.4, bcrypt 5.0, argon2-cffi 25.1.
const FOREIGN: [(&str, &str); 18] = [
    (PASSWORD, "$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa"),
    (PASSWORD, "$2a$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa"),
    (PASSWORD, "$2y$05$N9qo8uLOickgx2ZMRZoMyeaG7LjcrxwJw1Ee.qeHZT4louQ4mSTpG"),
    (PASSWORD, "bcrypt$$2b$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa"),
    (DECOMPOSED, "$2b$04$N9qo8uLOickgx2ZMRZoMyegOj3qAPQz8wpWO7bY2qRn5OQg.YvucO"),
    // Solar Designer's crypt_blowfish, wrapper.c.
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    (
        PASSWORD,
        "$argon2i$v=19$m=4096,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$jtHznfSQGTrmoyugJjyOTW8HVGh1+rMZa3792lmrMfo",
    ),
    (
        PASSWORD,
        "$argon2d$v=19$m=4096,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$exfrvR6PhluP14gBrRwXEt/xKwJFr3+oX1+D8uTIxb8",
    ),
    (
        PASSWORD,
        "argon2$argon2id$v=19$m=102400,t=2,p=8$TmFDbE5hQ2xOYUNs$Iox8D2tuxSJjJMavt9EdADslh32InNTA1s4/Mq5qvFM",
    ),
    (
        DECOMPOSED,
        "argon2$argon2id$v=19$m=4096,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$0rjR0Q9tsZdlN7t14FUa1Ss7TKn/e5KpUsciGkBVjdo",
    ),
    (PASSWORD, "pbkdf2_sha256$1000$Xk3vQz8LmN0pRtYw2bCdEf$NP1rWf8La65LEOd1eOf76We82FAr1zU++l228EqFjyc="),
    (PASSWORD, "$pbkdf2-sha256$1000$8PHy8/T19vf4.fr7/P3./w$dm4lfDnVbxf6DbQ2WSnmAZOoUk33UF/t6k6SfSu1o5I"),
    // RFC 7914 section 11, its first 32 bytes.
    ("Password", "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y="),
    (PASSWORD, "$scrypt$ln=10,r=8,p=2$AAECAwQFBgcICQoLDA0ODw$1/y5/PkQpeqF2n5+dPPO898I/Ci6Abot/lnWsp5zjGg"),
    (
        PASSWORD,
        "scrypt$1024$NaClNaClNaCl$8$5$raFvbhx32bqaIqYZXZvW7o2djr7Z0ZGeopKkC4HaIjmuqPdnZhYT8Li/pm1LGYobardx+NNC/xRzH2wmgESWvQ==",
    ),
    // RFC 7914 section 12.
    (
        "password",
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
    ),
    (
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
];

/// What is imported, in each service's own spelling.
const IMPORTED: &str = include_str!("../../tests/vectors/hashes.tsv");

/// All of them, as they are stored.
fn foreign() -> Vec<(&'static str, String)> {
    let imported = IMPORTED.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let parts: Vec<&str> = line.split('\t').collect();
        (parts[1], Stored::spelling(parts[2]).unwrap_or_else(|why| panic!("{line}: {why}")))
    });
    FOREIGN.into_iter().map(|(password, stored)| (password, stored.to_owned())).chain(imported).collect()
}

fn hasher() -> Hasher {
    Hasher::new(&Hashing::default(), &[7; 32], Arc::new(SystemRng)).unwrap()
}

fn typed(password: &str) -> domain::PlainPassword {
    let form = SignInForm { identifier: "ana".into(), password: password.into(), ..SignInForm::default() };
    form.parse().unwrap().password
}

/// Whether the password belongs to the hash, and what it is replaced by. Costs one hash, and one more to
/// replace.
async fn verify(hasher: &Hasher, password: &str, stored: &str) -> (bool, Option<String>) {
    let before = hasher.count();
    let verdict =
        hasher.verify(typed(password), "ana", Some(stored), true, Priority::Stranger).await.unwrap();
    assert_eq!(hasher.count() - before, 1 + u64::from(verdict.rehashed.is_some()), "{stored}");
    (verdict.matches, verdict.rehashed)
}

#[tokio::test]
async fn every_scheme_verifies_its_known_answers_and_is_replaced_by_argon2id() {
    let hasher = hasher();
    for (password, stored) in foreign() {
        let (matches, replaced) = verify(&hasher, password, &stored).await;
        assert!(matches, "{stored}");
        let ours = replaced.unwrap();
        assert!(ours.starts_with("$argon2id$v=19$m="), "{stored} became {ours}");
        assert_eq!(verify(&hasher, password, &ours).await, (true, None), "{stored}");
    }
}

#[tokio::test]
async fn a_wrong_password_matches_nothing() {
    let hasher = hasher();
    for (password, stored) in foreign() {
        let (longer, shorter) = (format!("{password}x"), &password[..password.len() - 1]);
        for wrong in [longer.as_str(), shorter, "x"] {
            assert_eq!(verify(&hasher, wrong, &stored).await, (false, None), "{wrong} {stored}");
        }
    }
}

#[tokio::test]
async fn what_others_hashed_is_verified_as_typed_and_ours_in_any_composition() {
    let hasher = hasher();
    let composed = "schl\u{fc}ssel unter regen";
    for (_, stored) in FOREIGN.iter().filter(|(password, _)| *password == DECOMPOSED) {
        assert!(!verify(&hasher, composed, stored).await.0, "the old service would not have let this in");
        let ours = verify(&hasher, DECOMPOSED, stored).await.1.unwrap();
        assert!(verify(&hasher, composed, &ours).await.0 && verify(&hasher, DECOMPOSED, &ours).await.0);
    }
}

#[tokio::test]
async fn bcrypt_reads_72_bytes_as_the_old_services_did_and_its_successor_reads_all() {
    let hasher = hasher();
    let stored = "$2b$04$N9qo8uLOickgx2ZMRZoMyeF1J3tt0w8.ywyH26Gg0MaR3.85io4ma";
    let (cut, long) = ("a".repeat(72), "a".repeat(100));
    assert!(verify(&hasher, &cut, stored).await.0);
    assert!(!verify(&hasher, &cut[1..], stored).await.0);
    let ours = verify(&hasher, &long, stored).await.1.unwrap();
    assert!(verify(&hasher, &long, &ours).await.0 && !verify(&hasher, &cut, &ours).await.0);
}

/// P2: whatever was imported, an unknown name is checked against a hash that can be computed.
#[tokio::test]
async fn a_dummy_of_every_form_costs_one_hash_of_its_kind_and_matches_nothing() {
    let hasher = hasher();
    for (password, stored) in foreign() {
        let example = Stored::parse(&stored).ok().unwrap();
        hasher.learn(vec![(example.clone(), 1)], 0);
        let before = (hasher.count(), hasher.foreign_count());
        let verdict = hasher.verify(typed(password), "nobody", None, true, Priority::Stranger).await.unwrap();
        assert!(!verdict.matches && verdict.rehashed.is_none(), "{stored}");
        let argon2 = matches!(example.scheme, Scheme::Argon2(..) | Scheme::ForeignArgon2(..));
        let cost = (hasher.count() - before.0, hasher.foreign_count() - before.1);
        assert_eq!(cost, (1, u64::from(!argon2)), "{stored}");
    }
}

/// One field of it changed: it cannot be read, or is a hash of something else.
#[tokio::test]
async fn an_imported_hash_with_a_changed_field_is_refused_or_matches_nothing() {
    let hasher = hasher();
    let mut tried = 0;
    for line in IMPORTED.lines().filter(|line| !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('\t').collect();
        let (password, hash) = (parts[1], parts[2]);
        let good = Stored::spelling(hash).unwrap();
        for at in (0..hash.len()).step_by(5) {
            let other = if hash.as_bytes()[at] == b'1' { '2' } else { '1' };
            let Ok(bad) = Stored::spelling(&format!("{}{other}{}", &hash[..at], &hash[at + 1..])) else {
                continue;
            };
            let [bad_read, good] = [&bad, &good].map(|text| Stored::parse(text).ok().unwrap());
            let same = bad_read.scheme == good.scheme
                && bad_read.salt == good.salt
                && bad_read.expected == good.expected;
            tried += usize::from(!same);
            if !same && tried % 4 == 0 {
                assert_eq!(verify(&hasher, password, &bad).await, (false, None), "{bad}");
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[tokio::test]
async fn a_malformed_hash_matches_nothing_and_costs_one_hash() {
    let hasher = hasher();
    let mut seen = 0;
    // One of each spelling, cheap ones.
    for (password, stored) in [0, 3, 7, 10, 11, 12, 14, 15].map(|at| FOREIGN[at]) {
        let mut bad: Vec<String> = (0..stored.len()).step_by(3).map(|end| stored[..end].to_owned()).collect();
        bad.extend((0..stored.len()).step_by(2).flat_map(|at| {
            ["\0", "$", "ü", "-", ""].map(|other| format!("{}{other}{}", &stored[..at], &stored[at + 1..]))
        }));
        bad.extend([format!("{stored}$"), format!("{stored}A"), format!(" {stored}"), stored.repeat(9)]);
        for bad in bad {
            // Most cannot be read; one with another salt is a hash of something else.
            let differs = match (Stored::parse(&bad), Stored::parse(stored)) {
                (Ok(bad), Ok(good)) => {
                    bad.salt != good.salt || bad.expected != good.expected || bad.scheme != good.scheme
                }
                (bad, _) => bad.is_err(),
            };
            if differs && seen % 40 == 0 {
                assert_eq!(verify(&hasher, password, &bad).await, (false, None), "{bad}");
            }
            seen += usize::from(differs);
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn what_is_above_a_ceiling_is_refused_before_any_work() {
    let output = "A".repeat(43);
    for (stored, fits) in [
        (format!("$argon2id$v=19$m=131072,t=10,p=1$c29tZXNhbHRzb21lc2FsdA${output}"), true),
        (format!("$argon2id$v=19$m=131073,t=1,p=1$c29tZXNhbHRzb21lc2FsdA${output}"), false),
        (format!("argon2$argon2i$v=19$m=8,t=11,p=1$c29tZXNhbHRzb21lc2FsdA${output}"), false),
        (format!("$2b$14${}", "A".repeat(53)), true),
        (format!("$2b$15${}", "A".repeat(53)), false),
        (format!("$2y$31${}", "A".repeat(53)), false),
        (format!("pbkdf2_sha256$2000000$NaCl${output}="), true),
        (format!("pbkdf2_sha256$2000001$NaCl${output}="), false),
        (format!("$pbkdf2-sha256$4294967295$AAAA${output}"), false),
        (format!("pbkdf2_sha1$2000000$NaCl${}=", "A".repeat(27)), true),
        (format!("$pbkdf2$1000001$AAAA${output}"), false),
        (format!("$pbkdf2-sha512$i=2000001,l=32$AAAA${output}"), false),
        (format!("bcrypt_sha256$$2b$15${}", "A".repeat(53)), false),
        (format!("$wp$2y$15${}", "A".repeat(53)), false),
        (format!("$bcrypt-sha256$v=2,t=2b,r=15$......................${}", "A".repeat(31)), false),
        (format!("$bcrypt-sha256$2a,15$......................${}", "A".repeat(31)), false),
        (format!("$scrypt$ln=17,r=8,p=1$AAAA${output}"), true),
        (format!("$scrypt$ln=17,r=8,p=4$AAAA${output}"), true),
        (format!("$scrypt$ln=18,r=8,p=1$AAAA${output}"), false),
        (format!("$scrypt$ln=17,r=9,p=1$AAAA${output}"), false),
        (format!("$scrypt$ln=17,r=8,p=5$AAAA${output}"), false),
        (format!("$scrypt$ln=63,r=4294967295,p=4294967295$AAAA${output}"), false),
        (format!("$scrypt$ln=1,r=33,p=1$AAAA${output}"), false),
        (format!("scrypt$2147483648$NaCl$8$1${output}="), false),
        (format!("scrypt$2$NaCl$1$17${output}="), false),
        (format!("scrypt:131072:8:1$NaCl${}", "00".repeat(64)), true),
        (format!("scrypt:262144:8:1$NaCl${}", "00".repeat(64)), false),
        (format!("pbkdf2:sha256:2000001$NaCl${}", "00".repeat(32)), false),
        (format!("{{scrypt}}$140801$AAAA${output}="), false),
    ] {
        let read =
            Stored::spelling(&stored).map(|_| ()).map_err(|why| matches!(why, Unreadable::AboveCeiling(_)));
        assert_eq!(read, if fits { Ok(()) } else { Err(true) }, "{stored}");
    }
}

#[test]
fn no_successor_has_less_memory_times_passes() {
    let today = Params::new(19_456, 2, 1, Some(32)).unwrap();
    let output = "A".repeat(43);
    for (costs, least) in [
        ("$argon2i$v=19$m=65536,t=3,p=4", 65_536 * 3),
        ("$argon2d$v=19$m=131072,t=10,p=1", 131_072 * 10),
        ("argon2$argon2id$v=19$m=102400,t=2,p=8", 102_400 * 2),
        ("$argon2id$v=19$m=4096,t=1,p=1", 19_456 * 2),
        ("$scrypt$ln=17,r=8,p=1", 131_072),
        ("$scrypt$ln=17,r=8,p=4", 131_072 * 4),
        ("$scrypt$ln=10,r=8,p=1", 19_456 * 2),
    ] {
        let stored = Stored::parse(&format!("{costs}$c29tZXNhbHRzb21lc2FsdA${output}")).ok().unwrap();
        let new = stored.scheme.successor(&today).unwrap();
        assert!(cost(&new) >= least, "{costs} became {new:?}");
        assert!(new.m_cost() <= ARGON2.0 && new.t_cost() <= ARGON2.1, "{costs} became {new:?}");
        let spelled = Scheme::Argon2(Algorithm::Argon2id, Version::V0x13, new);
        assert_eq!(spelled.successor(&today), None, "it stays");
    }
}

#[test]
fn an_imported_argon2_is_spelled_so_that_it_is_known_as_foreign() {
    for (_, stored) in foreign() {
        let spelled = Stored::spelling(&stored).unwrap();
        assert!(!Stored::parse(&spelled).ok().unwrap().scheme.is_ours(), "{stored}");
        assert_eq!(Stored::spelling(&spelled), Ok(spelled.clone()));
    }
}

#[test]
fn what_is_not_taken_is_refused_by_its_name() {
    let digits = "5f4dcc3b5aa765d61d8327deb882cf99";
    for (hash, name) in [
        (digits.to_owned(), "digest"),
        (format!("*{}", "2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"), "digest"),
        ("sha1$x$y".into(), "SHA-1"),
        ("md5$salt$digest".into(), "MD5"),
        ("$2x$04$N9qo8uLOickgx2ZMRZoMye2SIE5jjhvj6DGrBdU8MOGQ0DNzwzIsa".into(), "2x"),
        ("$1$a$b".into(), "MD5-crypt"),
        ("$5$salt$x".into(), "SHA-256-crypt"),
        ("$6$salt$x".into(), "SHA-512-crypt"),
        ("$P$BqJxvMUxYb2L0wgXTw0MUIKBvNn0Kf0".into(), "phpass"),
        ("$y$j9T$x$y".into(), "yescrypt"),
        ("{SSHA}c2FsdA==".into(), "SHA"),
        ("{noop}secret".into(), "plain text"),
        ("{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4e".into(), "rounds"),
    ] {
        let why = Stored::spelling(&hash).err().unwrap();
        assert!(matches!(why, Unreadable::Refused(_)) && why.to_string().contains(name), "{hash}: {why}");
    }
    for bad in ["", "plain", "correct horse battery staple", "AQAAAAkAAAAyAAAAEA==", "scrypt:3:8:1$a$00"] {
        let why = Stored::spelling(bad).err().unwrap();
        assert!(matches!(why, Unreadable::Unknown | Unreadable::Malformed), "{bad}: {why}");
    }
}
