//! What stands in examples of requests.

/// Strong enough.
pub(super) const PASSWORD: &str = "violet staircase under rain";
pub(super) const REFRESH_TOKEN: &str = "THE REFRESH TOKEN OF YOUR SIGN-IN";
