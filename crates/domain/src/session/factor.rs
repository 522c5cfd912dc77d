/// What proves who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// What only they know.
    Password,
    /// What came to their mailbox.
    EmailCode,
}

impl Factor {
    /// Every factor.
    pub const ALL: [Self; 2] = [Self::Password, Self::EmailCode];

    /// The word that session rows and the `amr` of tokens use (RFC 8176). That has none for a code by mail: its `otp` is
    /// one of RFC 4226 or 6238, and `sms` is another channel.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::EmailCode => "email",
        }
    }
}
