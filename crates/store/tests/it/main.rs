//! What holds for every statement of the program, and for every migration.
#![expect(unreachable_pub, reason = "one binary: its modules speak to each other")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod frozen;
mod lookups;
mod migrations;
mod node;
mod rules;
mod statements;
mod sweeps;
