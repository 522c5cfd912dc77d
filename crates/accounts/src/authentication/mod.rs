//! Proving who somebody is: the password, guesses and their limits, and proving again before what matters.

mod known_device;
pub(crate) mod sign_in;
pub(crate) mod step_up;
pub(crate) mod throttle;
