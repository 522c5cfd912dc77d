//! Codes of authenticator apps: RFC 6238 with SHA-1, six digits and thirty seconds, which all apps know.

use crate::credential::{Label, Sealed};
use crate::{Accounts, Error, RequestCtx};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use domain::{TotpCode, UserId};
use store::Tx;
use store::factors::totp::{self, SealedSecret};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// How long a code is shown.
const STEP_SECONDS: i64 = 30;

/// How long the secret is (RFC 4226 section 4, requirement 6).
pub(super) const SECRET_BYTES: usize = 20;

impl Accounts {
    /// Whether this is a code of an account's app that was not used yet; it is used then, and so are all before it.
    pub(super) async fn use_totp(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
        typed: &TotpCode,
    ) -> Result<bool, Error> {
        let Some(sealed) = totp::secret(tx, user).await? else { return Ok(false) };
        let Some(step) = self.matching_step(ctx, &sealed, typed)? else { return Ok(false) };
        Ok(totp::use_step(tx, user, sealed.id, step, ctx.now).await?)
    }

    /// The step of which this is the code, if it counts now, by the clock that all servers share.
    pub(super) fn matching_step(
        &self,
        ctx: &RequestCtx,
        sealed: &SealedSecret,
        typed: &TotpCode,
    ) -> Result<Option<i64>, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        Ok(matching(&self.unsealed_totp(sealed)?, typed, now))
    }

    pub(super) fn unsealed_totp(&self, sealed: &SealedSecret) -> Result<Zeroizing<Vec<u8>>, Error> {
        let keys = self.settings().encryption.as_ref().ok_or(Error::FactorsOff)?;
        let SealedSecret { id, key_id, sealed } = sealed;
        if keys.ids().all(|held| held != key_id) {
            tracing::error!(key = key_id, "an authenticator app is encrypted with a key that is not there");
            return Err(Error::FactorsOff);
        }
        keys.open(Label::Totp, *id, &Sealed { key_id: key_id.clone(), bytes: sealed.clone() })
    }
}

/// The newest step of which this is the code: the current one, or the one before, since typing takes a moment. Both are
/// compared always.
fn matching(secret: &[u8], typed: &TotpCode, now: OffsetDateTime) -> Option<i64> {
    let current = now.unix_timestamp().div_euclid(STEP_SECONDS);
    let is_of = |step: i64| {
        let (shown, typed) = (code(secret, step).to_be_bytes(), typed.number().to_be_bytes());
        verify_slices_are_equal(&shown, &typed).is_ok()
    };
    let [current, before] = [current, current - 1].map(|step| is_of(step).then_some(step));
    current.or(before)
}

/// The code of a step (RFC 4226 section 5.3).
fn code(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let mut mac = [0; 20];
    mac.copy_from_slice(tag.as_ref());
    let at = usize::from(mac[19] & 15);
    (u32::from_be_bytes([mac[at], mac[at + 1], mac[at + 2], mac[at + 3]]) & 0x7fff_ffff) % 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8; SECRET_BYTES] = b"12345678901234567890";

    /// RFC 6238 appendix B, of whose eight digits ours are the last six.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, shown) in VECTORS {
            assert_eq!(format!("{:06}", code(SECRET, seconds / STEP_SECONDS)), shown, "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_for_its_step_and_the_next_one() {
        for (seconds, shown) in VECTORS {
            let (typed, step) = (TotpCode::parse(shown).unwrap(), seconds / STEP_SECONDS);
            let begin = step * STEP_SECONDS;
            for (now, expected) in [
                (begin - 1, None),
                (begin, Some(step)),
                (begin + 29, Some(step)),
                (begin + 30, Some(step)),
                (begin + 59, Some(step)),
                (begin + 60, None),
            ] {
                assert_eq!(matching(SECRET, &typed, at(now)), expected, "{shown} at {now}");
            }
        }
    }

    #[test]
    fn no_other_code_counts() {
        let right = code(SECRET, 1);
        let before = code(SECRET, 0);
        let count = |number: &u32| {
            let typed = TotpCode::parse(&format!("{number:06}")).unwrap();
            matching(SECRET, &typed, at(59)).is_some()
        };
        let counting: Vec<u32> = (0..1_000_000).step_by(997).chain([right, before]).filter(count).collect();
        assert_eq!(counting, [right, before]);
    }
}
