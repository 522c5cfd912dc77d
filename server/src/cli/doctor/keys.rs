//! The keys: who reads them, how old they are, and whether all are there.

use super::{Finding, Health};
use crate::config::{Config, KeyAge};
use accounts::{Accounts, Clock, SystemClock};
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// A key that signs for longer is worth more to whoever copied it (NIST SP 800-57 part 1: a year or two).
const KEY_IS_OLD: Duration = Duration::days(365);

pub(super) async fn look(config: &Config, accounts: &Accounts) -> Vec<Finding> {
    let now = SystemClock.now();
    let (signing, encryption) = (&config.signing, &config.encryption);
    let files = [
        (
            "signing",
            signing.path(),
            signing.age(now),
            "`server rotate-keys` adds a new key, and signs nobody out",
        ),
        (
            "encryption",
            encryption.path(),
            encryption.age(now),
            "`server rotate-keys --encryption` adds a new key, and loses nothing",
        ),
    ];
    let mut findings = Vec::new();
    for (name, path, known, cure) in files {
        findings.extend(path.and_then(|path| owner(name, path)));
        findings.extend(known.map(|known| age(name, known, now, cure)));
    }
    match accounts.missing_keys().await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => findings.push(Finding::new(
            "keys",
            Health::Bad,
            format!(
                "the database holds rows of encryption keys that are not in the file ({}); restore it from its backup",
                missing.join(", ")
            ),
        )),
        // The database's own line says why.
        Err(_) => {}
    }
    findings
}

/// A file's time stands for no key's age: a copy of an old key is a new file.
fn age(name: &str, known: KeyAge, now: OffsetDateTime, cure: &str) -> Finding {
    let (health, says) = match known {
        KeyAge::NotMade => {
            (Health::Good, format!("the first start makes the {name} key, as development does"))
        }
        KeyAge::Since(since) if now - since > KEY_IS_OLD => {
            (Health::Doubtful, format!("the {name} key has been used for {}; {cure}", days(now - since)))
        }
        KeyAge::Since(since) => {
            (Health::Good, format!("the {name} key has been used for {}", days(now - since)))
        }
        KeyAge::Written(written) => (
            Health::Doubtful,
            format!(
                "how old the {name} key is cannot be seen; its file was written {} ago; {cure}, and the file then says its age",
                days(now - written)
            ),
        ),
    };
    Finding::new("keys", health, says)
}

fn days(age: Duration) -> String {
    match age.whole_days().max(0) {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// Whoever may read every file does not see that the server's user may not.
#[cfg(unix)]
fn owner(name: &str, path: &Path) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt;
    let of = |path: &Path| std::fs::metadata(path).ok().map(|found| found.uid());
    let (user, key) = (of(Path::new("/proc/self"))?, of(path)?);
    (user == 0 && key != 0).then(|| {
        let says = format!(
            "the {name} key belongs to user {key}, and root reads it anyway: run this as the server's user"
        );
        Finding::new("keys", Health::Doubtful, says)
    })
}

#[cfg(not(unix))]
fn owner(_: &str, _: &Path) -> Option<Finding> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_old_after_a_year_and_a_file_s_time_says_nothing_good() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(1_000);
        let judged = |known| age("signing", known, now, "rotate it").health;
        for (days, health) in [(0, Health::Good), (365, Health::Good), (366, Health::Doubtful)] {
            assert_eq!(judged(KeyAge::Since(now - Duration::days(days))), health, "{days}");
            assert_eq!(judged(KeyAge::Written(now - Duration::days(days))), Health::Doubtful, "{days}");
        }
    }
}
