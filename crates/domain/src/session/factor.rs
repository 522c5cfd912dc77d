/// What proves who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// What only they know.
    Password,
}

impl Factor {
    /// Every factor.
    pub const ALL: [Self; 1] = [Self::Password];

    /// The word that session rows and the `amr` of tokens use (RFC 8176).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "pwd",
        }
    }
}
