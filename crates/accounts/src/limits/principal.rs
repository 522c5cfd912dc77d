use crate::limits::network::neighbourhood;
use domain::SessionId;
use std::num::NonZeroU32;
use time::Duration;

/// How many times as many calls as an address the network around it has.
pub(crate) const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// What is left to a caller after a call was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls a minute.
    pub limit: u32,
    /// Calls that are left now.
    pub left: u32,
    /// How long until there is one more; never longer where the call was admitted.
    pub more_in: Duration,
    /// Whether this call was admitted.
    pub admitted: bool,
}

/// Whose calls are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Principal {
    /// The session that a token names, alive or not. Each session has its own count: a lost token drains only that.
    Session(SessionId),
    /// An address from which programs call.
    Programs(Vec<u8>),
    /// An address from which browsers call. Apart from the programs', because any page can have its visitors'
    /// browsers call the API, and must not shut them out of our pages by that.
    Browsers(Vec<u8>),
    /// All addresses while there are too many for one replica's memory.
    Crowd,
}

impl Principal {
    /// The network around an address.
    pub(crate) fn around(&self) -> Option<Self> {
        match self {
            Self::Programs(network) => Some(Self::Programs(neighbourhood(network))),
            Self::Browsers(network) => Some(Self::Browsers(neighbourhood(network))),
            Self::Session(_) | Self::Crowd => None,
        }
    }
}
