//! A sign-up whose answer was lost: on a slow line, or after a double click, the same form comes again. It is recognised
//! by a nonce in the form together with a cookie of the browser, both of which only that browser has; and it still has
//! to prove the password, as every sign-in does.

use crate::authentication::attempt::ProvenAttempt;
use crate::{Accounts, Client, Error, Field, RawToken, RequestCtx};
use domain::{RegistrationForm, SignIn, SignInForm};

/// What goes with a sign-up form that is shown.
#[derive(Debug)]
pub struct SignUpForm {
    /// For the form's hidden field.
    pub nonce: String,
    /// For the browser's cookie: the one that it has, or a new one.
    pub browser: RawToken,
}

impl Accounts {
    /// What goes with a sign-up form that is shown now.
    #[must_use]
    pub fn sign_up_form(&self, ctx: &RequestCtx) -> SignUpForm {
        let new = || RawToken::new(self.inner.rng.as_ref());
        SignUpForm { nonce: new().reveal(), browser: ctx.client.sign_up.clone().unwrap_or_else(new) }
    }

    /// Proves the password of the account that the form has made, which counts as a try and is no news to its owner.
    /// With another password the address is simply taken.
    pub(super) async fn prove_again(
        &self,
        ctx: &RequestCtx,
        form: &RegistrationForm,
    ) -> Result<ProvenAttempt, Error> {
        let (identifier, password) = (form.email.clone(), form.password.clone());
        let form = SignInForm { identifier, password, ..SignInForm::default() };
        let SignIn { identifier, password, .. } = form.parse()?;
        let attempt = self.begin_attempt(ctx, &identifier).await?;
        match self.prove_password(ctx, attempt, password).await {
            Err(Error::WrongCredentials) => Err(Error::Taken(Field::Email)),
            proven => Ok(ProvenAttempt { is_unfamiliar: false, ..proven? }),
        }
    }
}

/// What an account keeps of the form that makes it; none without the nonce and the cookie.
pub(super) fn form_hash(client: &Client, form: &RegistrationForm) -> Option<[u8; 32]> {
    let (browser, nonce) = (client.sign_up.as_ref()?, RawToken::parse(form.nonce.expose())?);
    Some(browser.bound_to(&nonce).digest())
}
