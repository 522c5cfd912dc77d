//! In a bare `cargo test` this runs before all tests that need a database: without one, it ends in one sentence.

#[test]
fn there_is_a_database_for_tests() {
    // Not what `.env` names: tests make and drop databases there.
    let named = std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty());
    assert!(
        named,
        "DATABASE_URL names no database to test on: run `cargo xtask test`, or set it to what \
         `cargo xtask pg start test` prints"
    );
}
