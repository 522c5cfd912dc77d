use crate::{Accounts, Error, RequestCtx};
use domain::{FactorMethod, Mailbox, WaysIn};
use store::factors;

impl Accounts {
    /// What the caller's account can be signed in to with, to tell what a loss would leave of it.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn ways_in(&self, ctx: &RequestCtx) -> Result<WaysIn, Error> {
        let user = self.own_account(ctx.enrolling()?).await?;
        let factors = self.factors(ctx).await?;
        let methods = self.factor_methods(user.id).await?;
        // To an address that nobody has proven no code is mailed.
        let mailbox = match (self.sends_mail(), user.email_verified) {
            (false, _) => Mailbox::NoMail,
            (true, false) => Mailbox::Unproven,
            (true, true) => Mailbox::Proven,
        };
        let count = |passkeys: usize| u32::try_from(passkeys).unwrap_or(u32::MAX);
        let usable = || factors.passkeys.iter().filter(|_| factors.passkeys_available);
        Ok(WaysIn {
            passkeys: count(usable().count()),
            passkeys_backed_up: count(usable().filter(|passkey| passkey.backed_up).count()),
            password: user.password_hash.is_some(),
            mailbox,
            second_step: !factors::enrolled(self.store(), user.id).await?.is_empty(),
            authenticator: methods.contains(&FactorMethod::Totp),
            // Codes that nobody has seen bring nobody back in.
            recovery_codes: if factors.recovery_codes_seen { factors.recovery_codes_left } else { 0 },
        })
    }
}
