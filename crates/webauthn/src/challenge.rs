//! The question that an authenticator signs. Nothing is stored before it comes back: it carries its own proof.

use crate::spent_challenge::NONCE;
use crate::{Refusal, SpentChallenge, UserHandle};
use aws_lc_rs::hmac;
use time::{Duration, OffsetDateTime};

/// For how long an answer is taken.
pub const LIFETIME: Duration = Duration::minutes(5);
/// Another server's clock, which made it, may be ahead.
const LEEWAY: Duration = Duration::seconds(30);

/// What a challenge is for. Those of one purpose are worth nothing for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A passkey is made.
    Registration,
    /// Somebody signs in, by the passkey alone or after a password.
    SignIn,
    /// Somebody who is signed in proves again who they are.
    Confirmation,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Registration => b"passkey registration",
            Self::SignIn => b"passkey sign-in",
            Self::Confirmation => b"passkey confirmation",
        }
    }

    /// The type that browsers write.
    pub(crate) fn client_data_type(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::SignIn | Self::Confirmation => "webauthn.get",
        }
    }
}

/// Who is asked for what, and when. An answer is checked with the same one as its question, but for the time.
#[derive(Debug, Clone, Copy)]
pub struct Ceremony<'a> {
    /// What the answer is for.
    pub purpose: Purpose,
    /// What only this browser has, from its cookie: nobody answers a challenge that another one was given.
    pub browser: &'a [u8],
    /// Whose passkey it must be, as a session or a password says; absent where the passkey is to say it.
    pub account: Option<UserHandle>,
    /// The request's time.
    pub now: OffsetDateTime,
}

/// What challenges are made and known again by.
#[derive(Clone)]
pub(crate) struct Challenges(hmac::Key);

impl Challenges {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Nonce, seconds since 1970, and a code over both, the purpose, the account and the browser.
    pub(crate) fn issue(&self, ceremony: &Ceremony<'_>, nonce: [u8; NONCE]) -> Vec<u8> {
        let issued = ceremony.now.unix_timestamp().to_be_bytes();
        let code = hmac::sign(&self.0, &message(ceremony, &nonce, issued));
        [&nonce[..], &issued, code.as_ref()].concat()
    }

    pub(crate) fn check(&self, ceremony: &Ceremony<'_>, challenge: &[u8]) -> Result<SpentChallenge, Refusal> {
        // Without a cookie, any browser would be the one that was asked.
        if ceremony.browser.is_empty() {
            return Err(Refusal::Challenge);
        }
        let (nonce, rest) = challenge.split_first_chunk::<NONCE>().ok_or(Refusal::Challenge)?;
        let (issued, code) = rest.split_first_chunk::<8>().ok_or(Refusal::Challenge)?;
        // In constant time.
        hmac::verify(&self.0, &message(ceremony, nonce, *issued), code).map_err(|_| Refusal::Challenge)?;
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

/// No part runs into the next: all but the last have fixed lengths, or their length is written.
fn message(ceremony: &Ceremony<'_>, nonce: &[u8; NONCE], issued: [u8; 8]) -> Vec<u8> {
    let label = ceremony.purpose.label();
    let length = u64::try_from(label.len()).unwrap_or(u64::MAX).to_be_bytes();
    let (known, account) = ceremony.account.map_or((0, [0; 16]), |UserHandle(account)| (1, account));
    [&length[..], label, nonce, &issued, &[known], &account, ceremony.browser].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-28 02:30:00.9 UTC);
    const ANA: Ceremony<'_> =
        Ceremony { purpose: Purpose::SignIn, browser: b"ana", account: Some(UserHandle([7; 16])), now: NOW };

    #[test]
    fn a_challenge_is_taken_for_five_minutes() {
        let challenges = Challenges::new(&[7; 32]);
        let challenge = challenges.issue(&ANA, [1; 16]);
        let check = |now| challenges.check(&Ceremony { now, ..ANA }, &challenge);
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
    fn a_challenge_is_for_one_browser_one_account_one_purpose_and_one_key() {
        let challenges = Challenges::new(&[7; 32]);
        let challenge = challenges.issue(&ANA, [1; 16]);
        let refused = |challenges: &Challenges, ceremony: Ceremony<'_>, challenge: &[u8]| {
            assert_eq!(challenges.check(&ceremony, challenge), Err(Refusal::Challenge));
        };
        for purpose in [Purpose::Registration, Purpose::Confirmation] {
            refused(&challenges, Ceremony { purpose, ..ANA }, &challenge);
        }
        for browser in [&b"eve"[..], b"ana's", b"an", b""] {
            refused(&challenges, Ceremony { browser, ..ANA }, &challenge);
        }
        for account in [None, Some(UserHandle([0; 16])), Some(UserHandle([8; 16]))] {
            refused(&challenges, Ceremony { account, ..ANA }, &challenge);
        }
        refused(&Challenges::new(&[8; 32]), ANA, &challenge);
        for place in 0..challenge.len() {
            let mut changed = challenge.clone();
            changed[place] ^= 1;
            refused(&challenges, ANA, &changed);
            refused(&challenges, ANA, &challenge[..place]);
        }
        refused(&challenges, ANA, &[&challenge[..], &[0]].concat());
        let nobody = Ceremony { account: None, ..ANA };
        let of_nobody = challenges.issue(&nobody, [1; 16]);
        assert!(challenges.check(&nobody, &of_nobody).is_ok());
        refused(&challenges, Ceremony { account: Some(UserHandle([0; 16])), ..ANA }, &of_nobody);
        let anybody = Ceremony { browser: b"", ..ANA };
        refused(&challenges, anybody, &challenges.issue(&anybody, [1; 16]));
    }
}
