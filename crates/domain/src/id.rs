use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        /// From text alone: `Uuid`'s own also reads bytes, and says much of what is none, in the browser's build too.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Uuid::try_parse(&text).map(Self).map_err(|_| D::Error::custom("no UUID"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A person's account, a UUID v7 (RFC 9562) made by `accounts::rng`.
    UserId
}
id! {
    /// One sign-in on one device: every session token names its row.
    SessionId
}
id! {
    /// One known device of an account: the beginning of what its token is stored as.
    DeviceId
}
id! {
    /// One passkey of an account: our own name for it, not what authenticators know it by.
    PasskeyId
}
