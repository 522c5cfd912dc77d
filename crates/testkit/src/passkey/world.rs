use super::SoftAuthenticator;
use crate::{ISSUER, World, factor_form};
use accounts::{Error, RawToken, RequestCtx, SignedIn};
use domain::{FactorSignInForm, PasskeyAddForm, PasskeySignInForm};
use serde_json::Value;

/// The form that brings a browser's answer where nobody has said who they are.
#[must_use]
pub fn passkey_form(answer: &Value) -> PasskeySignInForm {
    PasskeySignInForm { passkey: answer.to_string().into(), ..PasskeySignInForm::default() }
}

/// The form that brings it as a second factor.
#[must_use]
pub fn passkey_factor(answer: &Value) -> FactorSignInForm {
    factor_form("passkey", &answer.to_string())
}

/// The form that adds a passkey.
#[must_use]
pub fn new_passkey(name: &str, answer: &Value) -> PasskeyAddForm {
    PasskeyAddForm { name: name.to_owned(), passkey: answer.to_string().into() }
}

impl World {
    /// Adds a passkey for somebody who has just signed in, whose session goes on under a new id; answers the recovery codes
    /// that came with it.
    pub async fn add_passkey(&self, signed_in: &mut SignedIn, key: &mut SoftAuthenticator) -> Vec<String> {
        let ctx = self.holder(signed_in).await;
        let options = self.accounts.passkey_add_options(&ctx).await.unwrap();
        let form = new_passkey("Phone", &key.create(ISSUER, &options));
        let added = self.accounts.add_passkey(&ctx, form).await.unwrap();
        signed_in.token = added.token.unwrap();
        added.recovery_codes.map_or_else(Vec::new, |codes| codes.recovery_codes)
    }

    /// What a new browser is asked, and the token that it was asked with.
    #[must_use]
    pub fn ask_for_passkey(&self) -> (RawToken, Value) {
        let browser = self.accounts.new_passkey_browser();
        let options = self.accounts.passkey_sign_in_options(&self.stranger(), &browser).unwrap();
        (browser, options)
    }

    /// Signs a stranger's browser in by a passkey alone.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn sign_in_with(&self, key: &mut SoftAuthenticator) -> Result<SignedIn, Error> {
        let (browser, options) = self.ask_for_passkey();
        let answer = key.get(ISSUER, &options);
        self.answer_passkey(&self.stranger(), &browser, &answer).await
    }

    /// Gives a browser's answer in.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn answer_passkey(
        &self,
        ctx: &RequestCtx,
        browser: &RawToken,
        answer: &Value,
    ) -> Result<SignedIn, Error> {
        self.accounts.sign_in_by_passkey(ctx, &browser.reveal(), passkey_form(answer)).await
    }
}
