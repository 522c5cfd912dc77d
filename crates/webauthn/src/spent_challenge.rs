use time::OffsetDateTime;

pub(crate) const NONCE: usize = 16;

/// A challenge that was answered, rightly or wrongly. It must be written where no second one of its kind can be before the
/// answer is worth anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct SpentChallenge {
    /// What no two challenges share.
    pub nonce: [u8; NONCE],
    /// From then on the challenge is refused by its time alone, by each server whose clock is right to 30 seconds. So
    /// the row is kept longer, such as a day.
    pub expires_at: OffsetDateTime,
}
