use domain::{EMAIL_MAX_BYTES, Profile, REASON_MAX, Takes, USERNAME_MAX, USERNAME_MIN};
use sqlx::PgPool;
use std::collections::BTreeSet;

/// The database holds the same limits as the forms, for whoever writes to it by another way.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_limit_is_a_check_of_the_database(pool: PgPool) {
    let checks: Vec<String> = sqlx::query_scalar(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'users'::regclass AND contype = 'c'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let expected = Profile::FIELDS.iter().map(|field| {
        let name = field.name;
        match field.takes {
            Takes::Username => {
                let length = format!("char_length({name})");
                format!("CHECK ((({length} >= {USERNAME_MIN}) AND ({length} <= {USERNAME_MAX})))")
            }
            Takes::Line(max) | Takes::Lines(max) => format!("CHECK ((char_length({name}) <= {max}))"),
        }
    });
    let email = format!("CHECK ((octet_length(email) <= {EMAIL_MAX_BYTES}))");
    let reason = format!("CHECK ((char_length(disabled_reason) <= {REASON_MAX}))");
    let expected: BTreeSet<_> = expected.chain([email, reason]).collect();
    // A check that was added to a full table, and never had to look at its rows.
    let checks = checks.iter().map(|check| check.trim_end_matches(" NOT VALID").to_owned());
    let of_length: BTreeSet<_> = checks.filter(|check| check.contains("_length(")).collect();
    assert_eq!(of_length, expected);
}
