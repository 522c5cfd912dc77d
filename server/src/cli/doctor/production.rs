//! The checklist for production of the service whose API `/auth/...` is compatible with (S3's README), line by line.

use super::{Finding, Health};
use crate::config::secret::OTHERS_MAY_READ;
use crate::config::{AppEnv, Config, LogFormat, Signing};
use std::path::Path;

/// `found` is what the other checks say.
pub(super) fn checklist(config: &Config, found: &[Finding]) -> Vec<Finding> {
    let database = |health| found.iter().any(|one| one.part == "database" && one.health == health);
    let database = database(Health::Good) && !database(Health::Bad);
    judged(&Facts {
        production: config.env == AppEnv::Production,
        secret: !config.warnings.iter().any(|warning| warning.contains(OTHERS_MAY_READ)),
        own_key: matches!(config.signing, Signing::KeyFile(_)),
        database,
        https: config.origin.is_https(),
        origins: config.cors_origins.len(),
        json: matches!(config.log_format, LogFormat::Json),
        metrics: config.metrics.is_some(),
        pipeline: [".ci/run", ".github/workflows", ".gitlab-ci.yml"]
            .iter()
            .any(|path| Path::new(path).exists()),
    })
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one line each")]
struct Facts {
    production: bool,
    /// No file of a secret can be read by others.
    secret: bool,
    own_key: bool,
    database: bool,
    https: bool,
    origins: usize,
    json: bool,
    metrics: bool,
    pipeline: bool,
}

fn judged(facts: &Facts) -> Vec<Finding> {
    let line = |good: bool, yes: String, no: &str| {
        let (health, says) = if good { (Health::Good, yes) } else { (Health::Bad, no.to_owned()) };
        Finding::new("production", health, says)
    };
    let key = if facts.own_key {
        "SECRET_KEY: not used, a key pair of this site signs"
    } else {
        "SECRET_KEY: neither a known sample nor easily guessed"
    };
    let cors = match facts.origins {
        0 => "CORS: no other site's page may call the API".to_owned(),
        some => format!(
            "CORS: the pages of {some} listed origins may call the API, and only with their own tokens"
        ),
    };
    let mut lines = vec![
        line(true, key.to_owned(), ""),
        line(
            facts.database,
            "production database: Postgres answers".to_owned(),
            "production database: it cannot be used, see above",
        ),
        line(facts.https, "HTTPS: people type https://".to_owned(), "HTTPS: set BASE_URL to https://…"),
        line(true, cors, ""),
        line(facts.json, "logging: JSON lines".to_owned(), "logging: set LOG_FORMAT to json"),
        line(
            facts.metrics,
            "monitoring: METRICS_ADDR is set (docs/metrics.md)".to_owned(),
            "monitoring: set METRICS_ADDR, and let Prometheus ask there (docs/metrics.md)",
        ),
        line(
            facts.production && facts.secret,
            "secrets: from the environment, or from files that nobody else reads".to_owned(),
            "secrets: set APP_ENV to production, where no .env is read, and see the warnings about files above",
        ),
    ];
    lines.push(if facts.pipeline {
        Finding::new("production", Health::Good, "CI/CD: this folder has a pipeline")
    } else {
        Finding::new(
            "production",
            Health::Doubtful,
            "CI/CD: it cannot be seen from here; `cargo xtask test` is what it has to run",
        )
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Facts = Facts {
        production: true,
        secret: true,
        own_key: true,
        database: true,
        https: true,
        origins: 0,
        json: true,
        metrics: true,
        pipeline: true,
    };

    #[test]
    fn each_line_of_the_list_passes_or_says_what_to_set() {
        let health = |facts: &Facts| judged(facts).into_iter().map(|one| one.health).collect::<Vec<_>>();
        assert_eq!(health(&GOOD), [Health::Good; 8]);
        for (facts, line, named) in [
            (Facts { database: false, ..GOOD }, 1, "see above"),
            (Facts { https: false, ..GOOD }, 2, "BASE_URL"),
            (Facts { json: false, ..GOOD }, 4, "LOG_FORMAT"),
            (Facts { metrics: false, ..GOOD }, 5, "METRICS_ADDR"),
            (Facts { production: false, ..GOOD }, 6, "APP_ENV"),
            (Facts { secret: false, ..GOOD }, 6, "warnings about files"),
        ] {
            let mut expected = [Health::Good; 8];
            expected[line] = Health::Bad;
            assert_eq!(health(&facts), expected, "{facts:?}");
            assert!(judged(&facts)[line].says.contains(named), "{facts:?}");
        }
        assert_eq!(health(&Facts { pipeline: false, ..GOOD })[7], Health::Doubtful);
        assert!(judged(&Facts { origins: 2, ..GOOD })[3].says.contains("2 listed origins"));
    }
}
