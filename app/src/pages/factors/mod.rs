//! `/account/factors`: passkeys and two-step sign-in. Drawn by the server alone, as the pages of admins are.

mod api;
mod authenticator;
mod page;
mod passkeys;
mod recovery_codes;
mod ways_in;

pub use authenticator::Enrolment;
pub use page::{FactorsPage, factors_document};
