//! The question that an authenticator signs. Nothing is stored before it comes back: it carries its own proof.

use crate::Refusal;
use aws_lc_rs::hmac;
use time::{Duration, OffsetDateTime};

/// For how long an answer is taken.
pub const LIFETIME: Duration = Duration::minutes(5);
/// Another server's clock, which made it, may be ahead.
const LEEWAY: Duration = Duration::seconds(30);
const NONCE: usize = 16;

/// What a challenge is for. Those of one purpose are nothing worth for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A passkey is made.
    Registration,
    /// Somebody signs in, or proves again who they are.
    Authentication,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Registration => b"passkey registration",
            Self::Authentication => b"passkey authentication",
        }
    }
}

/// Who is asked, and when.
#[derive(Debug, Clone, Copy)]
pub struct Ceremony<'a> {
    /// What only this browser has, from its cookie: nobody answers a challenge that another one was given.
    pub browser: &'a [u8],
    /// The request's time.
    pub now: OffsetDateTime,
}

/// A challenge that was answered. It must be written where no second one of its kind can be, until it expires, before
/// the answer is worth anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct SpentChallenge {
    /// What no two challenges share.
    pub nonce: [u8; NONCE],
    /// From then on the challenge is refused by its time alone.
    pub expires_at: OffsetDateTime,
}

/// What challenges are made and known again by.
#[derive(Clone)]
pub(crate) struct Challenges(hmac::Key);

impl Challenges {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Nonce, seconds since 1970, and a code over both, the purpose and the browser.
    pub(crate) fn issue(&self, purpose: Purpose, ceremony: &Ceremony<'_>, nonce: [u8; NONCE]) -> Vec<u8> {
        let issued = ceremony.now.unix_timestamp().to_be_bytes();
        let code = hmac::sign(&self.0, &message(purpose, ceremony.browser, &nonce, issued));
        [&nonce[..], &issued, code.as_ref()].concat()
    }

    pub(crate) fn check(
        &self,
        purpose: Purpose,
        ceremony: &Ceremony<'_>,
        challenge: &[u8],
    ) -> Result<SpentChallenge, Refusal> {
        // Without a cookie, any browser would be the one that was asked.
        if ceremony.browser.is_empty() {
            return Err(Refusal::Challenge);
        }
        let (nonce, rest) = challenge.split_first_chunk::<NONCE>().ok_or(Refusal::Challenge)?;
        let (issued, code) = rest.split_first_chunk::<8>().ok_or(Refusal::Challenge)?;
        // In constant time.
        hmac::verify(&self.0, &message(purpose, ceremony.browser, nonce, *issued), code)
            .map_err(|_| Refusal::Challenge)?;
        let issued_at = OffsetDateTime::from_unix_timestamp(i64::from_be_bytes(*issued))
            .map_err(|_| Refusal::ChallengeExpired)?;
        let age = ceremony.now - issued_at;
        if age < -LEEWAY || age >= LIFETIME {
            return Err(Refusal::ChallengeExpired);
        }
        // A server whose clock is behind takes it that much longer.
        let expires_at = issued_at.checked_add(LIFETIME + LEEWAY).ok_or(Refusal::ChallengeExpired)?;
        Ok(SpentChallenge { nonce: *nonce, expires_at })
    }
}

/// No part runs into the next: nonce and time have fixed lengths, and the purpose's length is written.
fn message(purpose: Purpose, browser: &[u8], nonce: &[u8; NONCE], issued: [u8; 8]) -> Vec<u8> {
    let label = purpose.label();
    let length = u64::try_from(label.len()).unwrap_or(u64::MAX).to_be_bytes();
    [&length[..], label, nonce, &issued, browser].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-28 02:30:00.9 UTC);

    fn at(now: OffsetDateTime, browser: &[u8]) -> Ceremony<'_> {
        Ceremony { browser, now }
    }

    #[test]
    fn a_challenge_is_taken_for_five_minutes() {
        let challenges = Challenges::new(&[7; 32]);
        let challenge = challenges.issue(Purpose::Registration, &at(NOW, b"ana"), [1; 16]);
        let check = |now| challenges.check(Purpose::Registration, &at(now, b"ana"), &challenge);
        let issued = datetime!(2026-11-28 02:30 UTC);
        let spent = SpentChallenge { nonce: [1; 16], expires_at: issued + LIFETIME + LEEWAY };
        for good in [NOW, issued - LEEWAY, issued + LIFETIME - Duration::NANOSECOND] {
            assert_eq!(check(good), Ok(spent), "{good}");
        }
        let early = issued - LEEWAY - Duration::NANOSECOND;
        for bad in [early, issued + LIFETIME, NOW + Duration::days(400), OffsetDateTime::UNIX_EPOCH] {
            assert_eq!(check(bad), Err(Refusal::ChallengeExpired), "{bad}");
        }
    }

    #[test]
    fn a_challenge_is_for_one_browser_one_purpose_and_one_key() {
        let challenges = Challenges::new(&[7; 32]);
        let challenge = challenges.issue(Purpose::Registration, &at(NOW, b"ana"), [1; 16]);
        let refused = |challenges: &Challenges, purpose, browser: &[u8], challenge: &[u8]| {
            let checked = challenges.check(purpose, &at(NOW, browser), challenge);
            assert_eq!(checked, Err(Refusal::Challenge));
        };
        refused(&challenges, Purpose::Authentication, b"ana", &challenge);
        refused(&challenges, Purpose::Registration, b"eve", &challenge);
        refused(&challenges, Purpose::Registration, b"", &challenge);
        refused(&Challenges::new(&[8; 32]), Purpose::Registration, b"ana", &challenge);
        for place in 0..challenge.len() {
            let mut changed = challenge.clone();
            changed[place] ^= 1;
            refused(&challenges, Purpose::Registration, b"ana", &changed);
            refused(&challenges, Purpose::Registration, b"ana", &challenge[..place]);
        }
        refused(&challenges, Purpose::Registration, b"ana", &[&challenge[..], &[0]].concat());
        let anybodys = challenges.issue(Purpose::Registration, &at(NOW, b""), [1; 16]);
        refused(&challenges, Purpose::Registration, b"", &anybodys);
        // What was moved from one part into the next is another message.
        let moved = challenges.issue(Purpose::Registration, &at(NOW, b"na"), [1; 16]);
        refused(&challenges, Purpose::Registration, b"ana", &moved);
    }
}
