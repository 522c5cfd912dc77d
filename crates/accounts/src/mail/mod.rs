//! Mail: what is written, what waits in the outbox, and what sends it.

mod closing;
pub(crate) mod letter;
mod mailer;
mod not_me;
mod notice;
mod notify;
mod outbox;
mod prepare;
mod rotation;
mod sign_in_code;
mod sign_up;
mod waiting;

pub use mailer::{Mailer, Message, Undelivered};
pub(crate) use notice::{MissedStep, Notice};
pub(crate) use notify::HowRecovered;
pub(crate) use prepare::address_of;
pub(crate) use waiting::Mail;
