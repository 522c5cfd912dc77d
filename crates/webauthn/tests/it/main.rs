//! What a browser answers with a passkey, right and wrong in more than a hundred ways.
#![expect(unreachable_pub, reason = "one binary: its modules speak to each other")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail loudly")]

mod accepted;
mod chromium;
mod foreign;
mod mutation;
mod refused;
mod scene;
