use serde::{Deserialize, Serialize};

/// Which events an admin looks for, as it stands in the address of a page. Missing is empty, and empty is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSearch {
    /// What happened, such as `signed_in`.
    pub kind: String,
    /// Who did it: an address or an id.
    pub who: String,
    /// Whose account it concerns: an address or an id.
    pub whom: String,
    /// From the beginning of this day on, in UTC.
    pub from: String,
    /// Until the end of this day, in UTC.
    pub until: String,
    /// The client's IP address.
    pub address: String,
    /// The place that a page ended at.
    pub cursor: String,
}

impl AuditSearch {
    /// Each field by its name in the address.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 7] {
        let Self { kind, who, whom, from, until, address, cursor } = self;
        [
            ("kind", kind),
            ("who", who),
            ("whom", whom),
            ("from", from),
            ("until", until),
            ("address", address),
            ("cursor", cursor),
        ]
    }
}
