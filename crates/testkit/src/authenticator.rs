use crate::{PASSWORD, World, sign_in};
use accounts::{Error, PendingSignIn, SignedIn};
use aws_lc_rs::hmac;
use domain::{FactorSignInForm, TotpConfirmForm};
use time::{Duration, OffsetDateTime};

/// An authenticator app that an account has, with what came with it.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// In base32, as the app is told it.
    pub secret: String,
    /// What was shown once.
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// What the app shows.
    #[must_use]
    pub fn code(&self, at: OffsetDateTime) -> String {
        totp_code(&self.secret, at)
    }

    /// The form with what it shows.
    #[must_use]
    pub fn form(&self, at: OffsetDateTime) -> FactorSignInForm {
        factor_form("totp", &self.code(at))
    }
}

/// The form with which a sign-in is completed.
#[must_use]
pub fn factor_form(method: &str, code: &str) -> FactorSignInForm {
    FactorSignInForm { method: method.to_owned(), code: code.into(), ..FactorSignInForm::default() }
}

/// What an app with this secret shows (RFC 6238).
#[must_use]
pub fn totp_code(secret: &str, at: OffsetDateTime) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &base32(secret));
    let mac = hmac::sign(&key, &(at.unix_timestamp() / 30).to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn base32(text: &str) -> Vec<u8> {
    let value = |letter: u8| if letter < b'A' { letter - b'2' + 26 } else { letter - b'A' };
    let bits = text.bytes().flat_map(|letter| (0..5).rev().map(move |bit| value(letter) >> bit & 1));
    let bits: Vec<u8> = bits.collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

impl World {
    /// Sets an authenticator app up for somebody who has just signed in, whose session goes on under a new id. A minute
    /// later its next code has not been used.
    pub async fn set_up_totp(&self, signed_in: &mut SignedIn) -> Authenticator {
        let ctx = self.holder(signed_in).await;
        let begun = self.accounts.begin_totp(&ctx).await.unwrap();
        let form = TotpConfirmForm { code: totp_code(&begun.secret, ctx.now).into() };
        let confirmed = self.accounts.confirm_totp(&ctx, form).await.unwrap();
        signed_in.token = confirmed.token.unwrap();
        self.clock.advance(Duration::MINUTE);
        let recovery_codes = confirmed.recovery_codes.map_or_else(Vec::new, |codes| codes.recovery_codes);
        Authenticator { secret: begun.secret, recovery_codes }
    }

    /// Signs `name@example.com` in with the password; the second factor is missing.
    pub async fn begin_sign_in(&self, name: &str) -> PendingSignIn {
        let form = sign_in(&format!("{name}@example.com"), PASSWORD);
        pending(self.accounts.sign_in(&self.stranger(), form).await)
    }

    /// The same by a program.
    pub async fn begin_program(&self, name: &str) -> PendingSignIn {
        let form = sign_in(&format!("{name}@example.com"), PASSWORD);
        pending(self.accounts.sign_in_bearer(&self.stranger(), form).await)
    }
}

/// What a sign-in waits for.
///
/// # Panics
/// Where it waits for no second factor.
pub fn pending<T: std::fmt::Debug>(answer: Result<T, Error>) -> PendingSignIn {
    match answer {
        Err(Error::SecondFactorNeeded(pending)) => pending,
        other => panic!("no second factor needed: {other:?}"),
    }
}
