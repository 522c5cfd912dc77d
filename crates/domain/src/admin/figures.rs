use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What an owner looks at each morning. Each figure is counted by itself, and none waits for another: what could not be
/// counted in time is as it was counted last, or is lacking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// When it was put together, which may be some seconds ago.
    pub as_of: Timestamp,
    /// Those who have an account.
    pub people: Option<PeopleFigures>,
    /// Those of them who have signed in within thirty days.
    pub active: Option<ActiveFigure>,
    /// The last thirty days, the oldest first; the last one is today.
    pub days: Vec<DayFigures>,
}

/// How many accounts there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleFigures {
    /// All.
    pub all: u64,
    /// Made within seven days.
    pub new_this_week: u64,
    /// With a proven address.
    pub proven: u64,
    /// When they were counted.
    pub as_of: Timestamp,
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
    /// What was counted.
    pub counts: Option<DayCounts>,
}

/// How often somebody tried to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCounts {
    /// How many were let in.
    pub sign_ins: u64,
    /// How many were refused: a wrong password or code.
    pub refusals: u64,
    /// When they were counted.
    pub as_of: Timestamp,
}

impl PeopleFigures {
    /// How many of a hundred accounts these are, rounded down; none where there is no account.
    #[must_use]
    pub fn percent(&self, these: u64) -> Option<u64> {
        (these * 100).checked_div(self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_no_share() {
        let of = |all, these| {
            let as_of = Timestamp(String::new());
            PeopleFigures { all, new_this_week: 0, proven: 0, as_of }.percent(these)
        };
        assert_eq!([of(0, 0), of(3, 2), of(3, 3)], [None, Some(66), Some(100)]);
    }
}
