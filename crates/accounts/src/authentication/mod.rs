//! Proving who somebody is. A sign-in is an attempt that is counted, proves factors and ends in a session. Before
//! sensitive changes a signed-in person proves factors again.

pub(crate) mod attempt;
pub(crate) mod establish;
pub(crate) mod factor;
mod known_device;
mod own_devices;
mod pending;
pub(crate) mod sign_in;
pub(crate) mod step_up;
pub(crate) mod throttle;
mod trusted_browser;
mod ways_in;

pub(crate) use factor::TakenBack;
pub use factor::{FactorAdded, PendingTotp};
pub use sign_in::SignedIn;
