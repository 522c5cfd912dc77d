use super::secrets::code_hash;
use crate::credential::{Label, RawToken, Sealed};
use crate::identifier::{self, Address};
use crate::{Accounts, Error, RequestCtx};
use aws_lc_rs::constant_time;
use domain::{Identifier, Presented, Purpose, UserId};
use store::Tx;
use store::one_time_tokens::{self, OneTimeToken};
use uuid::Uuid;
use zeroize::Zeroizing;

/// A token whose link or code was shown, and which may be used up.
pub(crate) struct Redeemable {
    pub(crate) id: Uuid,
    pub(crate) purpose: Purpose,
    pub(crate) user: Option<UserId>,
    /// The address that it proves.
    pub(crate) email: Address,
    key_id: String,
    sealed: Option<Vec<u8>>,
}

impl Accounts {
    /// Finds the token that somebody shows. It is not used up yet: a password that is then refused costs nobody their
    /// link. A code's guess is counted before anything is compared, alike where the address has no token.
    pub(crate) async fn find_token(
        &self,
        ctx: &RequestCtx,
        purposes: &[Purpose],
        presented: &Presented,
    ) -> Result<Redeemable, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let found = match presented {
            Presented::Link(token) => {
                let token = RawToken::parse(token.expose()).ok_or(Error::LinkInvalid)?;
                one_time_tokens::by_hash(self.store(), purposes, &token.hash(), now).await?
            }
            Presented::Code { email, code } => {
                let name = identifier::canonical(&Identifier::Email(email.as_str().to_owned()));
                let mut tokens =
                    one_time_tokens::by_email(self.store(), purposes, name.as_str(), now).await?;
                let newest = tokens.first();
                let of = newest.map_or(name.as_str().as_bytes(), |token| token.id.as_bytes());
                let admitted = self.admit_code(ctx, of).await?;
                // Several notices may have gone to one address, each with a code of its own.
                let purpose = newest.and_then(|token| token.purpose);
                tokens.retain(|token| admitted && token.purpose == purpose);
                tokens.into_iter().find(|token| self.is_code_of(token, code.as_str()))
            }
        };
        let OneTimeToken { id, purpose, user, email, email_canonical, key_id, sealed, .. } =
            found.ok_or(Error::LinkInvalid)?;
        let purpose = purpose.ok_or_else(|| Error::internal("a token without a known purpose"))?;
        let email = Address { shown: email, canonical: email_canonical };
        Ok(Redeemable { id, purpose, user, email, key_id, sealed })
    }

    fn is_code_of(&self, token: &OneTimeToken, code: &str) -> bool {
        let Ok(keys) = self.encryption() else { return false };
        let hash = code_hash(keys, &token.key_id, token.id, code);
        hash.is_ok_and(|hash| constant_time::verify_slices_are_equal(&hash, &token.code_hash).is_ok())
    }

    /// Uses a token up, in the transaction of what it allows: of several at once, one alone succeeds.
    pub(crate) async fn use_up(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &Redeemable,
    ) -> Result<(), Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let used = one_time_tokens::use_up(tx, token.id, now).await?;
        if used { Ok(()) } else { Err(Error::LinkInvalid) }
    }

    /// What a token's purpose needs beyond.
    pub(crate) fn detail_of(&self, token: &Redeemable) -> Result<Zeroizing<Vec<u8>>, Error> {
        let bytes = token.sealed.clone().ok_or_else(|| Error::internal("a token without its detail"))?;
        let sealed = Sealed { key_id: token.key_id.clone(), bytes };
        self.encryption()?.open(Label::TokenDetail, token.id, &sealed)
    }
}
