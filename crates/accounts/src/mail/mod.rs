//! Mail: what is written, what waits in the outbox, and what sends it.

pub(crate) mod letter;
mod mailer;
mod outbox;
mod prepare;
mod rotation;
mod sign_up;

pub use mailer::{Mailer, Message, Undelivered};
pub(crate) use outbox::Mail;
