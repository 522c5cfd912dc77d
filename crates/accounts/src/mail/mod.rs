//! Mail: what is sent, and what sends it.

#[cfg_attr(not(test), expect(dead_code, reason = "the outbox's job sends them, which comes next"))]
mod letter;
mod mailer;

pub use mailer::{Mailer, Message, Undelivered};
