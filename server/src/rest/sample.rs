//! What stands in examples of requests.

/// Strong enough.
pub(super) const PASSWORD: &str = "violet staircase under rain";
pub(super) const REFRESH_TOKEN: &str = "THE REFRESH TOKEN OF YOUR SIGN-IN";
pub(super) const NEW_PASSWORD: &str = "copper lanterns over water";
pub(super) const LINK_TOKEN: &str = "THE TOKEN OF THE LINK IN YOUR EMAIL";
pub(super) const CHALLENGE: &str = "THE CHALLENGE OF YOUR SIGN-IN";
pub(super) const CEREMONY: &str = "THE CEREMONY THAT CAME WITH THE OPTIONS";
pub(super) const PASSKEY: &str = "WHAT JSON.stringify MAKES OF THE CREDENTIAL";
pub(super) const CODE: &str = "THE CODE IN YOUR EMAIL";
