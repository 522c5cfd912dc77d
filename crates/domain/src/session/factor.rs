/// What proves who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// What only they know.
    Password,
    /// What came to their mailbox.
    EmailCode,
    /// A passkey, which verified that it was them.
    Passkey,
    /// What their authenticator app shows.
    Totp,
    /// One of the codes that they keep for the day when the others are lost.
    RecoveryCode,
}

impl Factor {
    /// Every factor.
    pub const ALL: [Self; 5] =
        [Self::Password, Self::EmailCode, Self::Passkey, Self::Totp, Self::RecoveryCode];

    /// The word that session rows and the `amr` of tokens use (RFC 8176). That has none for a code by mail: its `otp` is
    /// one of RFC 4226 or 6238, and `sms` is another channel. Nor has it one for a recovery code, nor for a passkey, of which nobody knows
    /// whether its key is in hardware (`hwk`) or not (`swk`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::EmailCode => "email",
            Self::Passkey => "passkey",
            Self::Totp => "otp",
            Self::RecoveryCode => "recovery",
        }
    }
}
