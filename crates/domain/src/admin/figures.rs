use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What an owner looks at each morning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// When it was counted, which may be some seconds ago.
    pub as_of: Timestamp,
    /// How many accounts there are.
    pub people: u64,
    /// How many of them were made within seven days.
    pub new_this_week: u64,
    /// How many of them have proven their address.
    pub proven: u64,
    /// Those of them who have signed in within thirty days; none where they are so many that the database has never
    /// counted them in time.
    pub active: Option<ActiveFigure>,
    /// The last thirty days, the oldest first; the last one is today.
    pub days: Vec<DayFigures>,
}

/// Accounts that have signed in within thirty days; no session lasts longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveFigure {
    /// How many.
    pub people: u64,
    /// When they were counted, which is once in ten minutes where they are many.
    pub as_of: Timestamp,
}

/// What happened on one day, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFigures {
    /// When it began.
    pub day: Timestamp,
    /// How many sign-ins there were.
    pub sign_ins: u64,
    /// How many were refused: a wrong password or code.
    pub refusals: u64,
}

impl Figures {
    /// How many of a hundred accounts have proven their address, rounded down; none where there is no account.
    #[must_use]
    pub fn proven_percent(&self) -> Option<u64> {
        (self.proven * 100).checked_div(self.people)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_no_share() {
        let of = |people, proven| {
            let as_of = Timestamp(String::new());
            Figures { as_of, people, new_this_week: 0, proven, active: None, days: Vec::new() }
                .proven_percent()
        };
        assert_eq!([of(0, 0), of(3, 2), of(3, 3)], [None, Some(66), Some(100)]);
    }
}
