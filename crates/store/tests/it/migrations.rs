//! What holds for every file of the schema's history.

use store::MIGRATOR;

/// Postgres builds an index beside writers only as the one statement of a file without a transaction; and so does Citus,
/// on each node.
#[test]
fn an_index_that_is_built_beside_writers_has_a_file_of_its_own() {
    for migration in MIGRATOR.iter() {
        let sql: Vec<_> =
            migration.sql.as_str().lines().map(|line| line.split("--").next().unwrap()).collect();
        let statements = sql.concat();
        let statements = statements.split(';').filter(|statement| !statement.trim().is_empty()).count();
        if migration.sql.as_str().to_uppercase().contains("CONCURRENTLY") {
            assert!(migration.no_tx, "{}: -- no-transaction", migration.version);
            assert_eq!(statements, 1, "{}", migration.version);
        } else {
            assert!(!migration.no_tx, "{}: half of it would stay", migration.version);
        }
    }
}
