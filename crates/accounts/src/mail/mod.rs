//! Mail: what is sent, and what sends it.

mod mailer;

pub use mailer::{Mailer, Message, Undelivered};
