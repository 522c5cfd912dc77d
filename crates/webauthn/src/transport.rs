use serde_json::Value;

/// How a browser reaches an authenticator. It is a hint: said again at the next question, and proof of nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// By a plug.
    Usb,
    /// By touch.
    Nfc,
    /// By radio.
    Ble,
    /// By a card's contacts.
    SmartCard,
    /// By another device, such as a phone that reads a picture.
    Hybrid,
    /// Within the device.
    Internal,
}

impl Transport {
    /// Each of them.
    pub const ALL: [Self; 6] =
        [Self::Usb, Self::Nfc, Self::Ble, Self::SmartCard, Self::Hybrid, Self::Internal];

    /// The word of `AuthenticatorTransport`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usb => "usb",
            Self::Nfc => "nfc",
            Self::Ble => "ble",
            Self::SmartCard => "smart-card",
            Self::Hybrid => "hybrid",
            Self::Internal => "internal",
        }
    }

    /// What that word means, if anything.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.as_str() == word)
    }

    /// Those of a browser's list that are known, each once.
    pub(crate) fn listed(list: Option<&Value>) -> Vec<Self> {
        let named: Vec<_> = list.and_then(Value::as_array).into_iter().flatten().collect();
        let is_named = |transport: &Self| named.iter().any(|word| word.as_str() == Some(transport.as_str()));
        Self::ALL.into_iter().filter(is_named).collect()
    }
}
