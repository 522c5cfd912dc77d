//! What a browser is asked. Nothing of a question is stored: an answer carries it back.

use super::{Asked, MOST};
use crate::rng::bytes;
use crate::{Accounts, Error, RawToken, RequestCtx};
use domain::{FieldError, Reason, SessionKind};
use serde_json::Value;
use store::factors::passkeys::{self, Descriptor};
use uuid::Uuid;
use webauthn::{NewUser, Transport};

impl Accounts {
    /// Whether passkeys work at this site's address.
    #[must_use]
    pub fn has_passkeys(&self) -> bool {
        self.inner.relying_party.is_some()
    }

    /// Whether anybody could set a second factor up here: an app needs the encryption key, a passkey the address.
    #[must_use]
    pub fn has_second_factors(&self) -> bool {
        self.has_passkeys() || self.settings().encryption.is_some()
    }

    /// Names a browser in which somebody wants to sign in by a passkey: for a cookie, and for programs.
    #[must_use]
    pub fn new_passkey_browser(&self) -> RawToken {
        RawToken::new(self.inner.rng.as_ref())
    }

    /// What a browser is asked in which somebody wants to sign in by a passkey alone; its answer comes with the same token.
    ///
    /// # Errors
    /// [`Error::PasskeysOff`].
    pub fn passkey_sign_in_options(&self, ctx: &RequestCtx, browser: &RawToken) -> Result<Value, Error> {
        let browser = browser.reveal();
        self.request_options(ctx, Asked::to_sign_in(browser.as_bytes()), &[])
    }

    /// What the browser of a sign-in that waits is asked.
    ///
    /// # Errors
    /// [`Error::ChallengeInvalid`], [`Error::NotFound`] where the account has no passkey, [`Error::PasskeysOff`],
    /// [`Error::Unavailable`].
    pub async fn passkey_factor_options(&self, ctx: &RequestCtx, challenge: &str) -> Result<Value, Error> {
        self.waiting_options(ctx, challenge, SessionKind::Browser).await
    }

    /// The same for a program.
    ///
    /// # Errors
    /// As [`Accounts::passkey_factor_options`].
    pub async fn passkey_factor_options_bearer(
        &self,
        ctx: &RequestCtx,
        challenge: &str,
    ) -> Result<Value, Error> {
        self.waiting_options(ctx, challenge, SessionKind::Bearer).await
    }

    async fn waiting_options(
        &self,
        ctx: &RequestCtx,
        challenge: &str,
        kind: SessionKind,
    ) -> Result<Value, Error> {
        let waiting = RawToken::parse(challenge).ok_or(Error::ChallengeInvalid)?.hash();
        let waits = self.waits(ctx, &waiting, kind).await?.ok_or(Error::ChallengeInvalid)?;
        let known = passkeys::descriptors(self.store(), waits.user).await?;
        self.own_options(ctx, Asked::to_complete(&waiting), &known)
    }

    /// What the caller's browser is asked to show again that the account is theirs.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::NotFound`] where the account has no passkey, [`Error::PasskeysOff`],
    /// [`Error::Unavailable`].
    pub async fn passkey_confirm_options(&self, ctx: &RequestCtx) -> Result<Value, Error> {
        let member = ctx.signed_in()?;
        let known = passkeys::descriptors(self.store(), member.user).await?;
        self.own_options(ctx, Asked::to_confirm(&member.session), &known)
    }

    /// What the caller's browser is asked to make a passkey.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::Invalid`] where the account
    /// has as many as it may, [`Error::PasskeysOff`], [`Error::Unavailable`].
    pub async fn passkey_add_options(&self, ctx: &RequestCtx) -> Result<Value, Error> {
        let member = ctx.enrolling()?;
        let relying_party = self.relying_party()?;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let known = passkeys::descriptors_in(&mut tx, user.id).await?;
        if known.len() >= MOST {
            return Err(FieldError::<Reason>::new("passkey", Reason::PasskeysTooMany).into());
        }
        let handle = Uuid::from_bytes(bytes(self.inner.rng.as_ref()));
        let handle = passkeys::handle_or(&mut tx, user.id, handle).await?;
        tx.commit().await?;
        let ceremony = self.ceremony(ctx, Asked::to_add(&member.session), Some(handle));
        let display_name = user.profile.display_name();
        let display_name = display_name.as_deref().unwrap_or(&user.email);
        let (site, new) = (&self.settings().mail.app_name, NewUser { name: &user.email, display_name });
        let (nonce, transports) = (bytes(self.inner.rng.as_ref()), transports(&known));
        let options =
            relying_party.creation_options(&ceremony, nonce, site, &new, named(&known, &transports));
        options.map_err(Error::internal)
    }

    fn own_options(&self, ctx: &RequestCtx, asked: Asked<'_>, known: &[Descriptor]) -> Result<Value, Error> {
        if known.is_empty() { Err(Error::NotFound) } else { self.request_options(ctx, asked, known) }
    }

    fn request_options(
        &self,
        ctx: &RequestCtx,
        asked: Asked<'_>,
        known: &[Descriptor],
    ) -> Result<Value, Error> {
        let ceremony = self.ceremony(ctx, asked, known.first().map(|passkey| passkey.handle));
        let (nonce, transports) = (bytes(self.inner.rng.as_ref()), transports(known));
        let options = self.relying_party()?.request_options(&ceremony, nonce, named(known, &transports));
        options.map_err(Error::internal)
    }
}

fn transports(known: &[Descriptor]) -> Vec<Vec<Transport>> {
    let of =
        |passkey: &Descriptor| passkey.transports.iter().filter_map(|word| Transport::parse(word)).collect();
    known.iter().map(of).collect()
}

fn named<'a>(
    known: &'a [Descriptor],
    transports: &'a [Vec<Transport>],
) -> impl Iterator<Item = (&'a [u8], &'a [Transport])> {
    known.iter().zip(transports).map(|(passkey, of)| (passkey.credential_id.as_slice(), of.as_slice()))
}
