/// What a one-time token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Choosing a new password.
    Reset,
    /// Proving the account's address.
    Verify,
    /// Proving an address that the account shall have.
    ChangeEmail,
    /// Making an account by invitation.
    Invite,
    /// Taking an account back from somebody else.
    NotMe,
    /// Finishing a sign-up, where an address must be proven first.
    SignUp,
    /// Signing in with a code by mail.
    SignIn,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 7] =
        [Self::Reset, Self::Verify, Self::ChangeEmail, Self::Invite, Self::NotMe, Self::SignUp, Self::SignIn];

    /// The purpose of a word of [`Purpose::as_str`].
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }

    /// The word of the database's rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Verify => "verify",
            Self::ChangeEmail => "change-email",
            Self::Invite => "invite",
            Self::NotMe => "not-me",
            Self::SignUp => "sign-up",
            Self::SignIn => "sign-in",
        }
    }
}
