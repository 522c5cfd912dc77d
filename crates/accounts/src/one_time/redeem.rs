use super::secrets::code_hash;
use crate::RawToken;
use crate::credential::{Label, Sealed};
use crate::identifier::{self, Address};
use crate::limits::{self, Guessed};
use crate::{Accounts, Error, RequestCtx};
use aws_lc_rs::constant_time;
use domain::{Identifier, MailCode, Presented, Purpose, UserId};
use store::Tx;
use store::one_time_tokens::{self, OneTimeToken};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

/// With how many codes one that was typed is compared.
const CODES_OF_AN_ADDRESS: usize = 8;

/// A token whose link or code was shown, and which may be used up.
pub(crate) struct Redeemable {
    pub(crate) id: Uuid,
    pub(crate) purpose: Purpose,
    pub(crate) user: Option<UserId>,
    /// The address that it proves.
    pub(crate) email: Address,
    pub(crate) created_at: OffsetDateTime,
    /// Whether an operator was shown it, to pass it on.
    pub(crate) passed_on: bool,
    key_id: String,
    sealed: Option<Vec<u8>>,
}

impl TryFrom<OneTimeToken> for Redeemable {
    type Error = Error;

    fn try_from(token: OneTimeToken) -> Result<Self, Error> {
        let OneTimeToken {
            id,
            purpose,
            user,
            email,
            email_canonical,
            created_at,
            passed_on,
            key_id,
            sealed,
            ..
        } = token;
        let purpose = purpose.ok_or_else(|| Error::internal("a token without a known purpose"))?;
        let email = Address { shown: email, canonical: email_canonical };
        Ok(Self { id, purpose, user, email, created_at, passed_on, key_id, sealed })
    }
}

impl Redeemable {
    /// Whether it is good for something beyond its purpose alone.
    pub(crate) fn has_detail(&self) -> bool {
        self.sealed.is_some()
    }
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
        let found = match presented {
            Presented::Link(token) => {
                let token = RawToken::parse(token.expose()).ok_or(Error::LinkInvalid)?;
                let now = self.inner.database_clock.time(ctx.now);
                one_time_tokens::by_hash(self.store(), purposes, &token.hash(), now).await?
            }
            Presented::Code { email, code } => {
                let name = identifier::canonical(&Identifier::Email(email.as_str().to_owned()));
                self.token_of_code(ctx, purposes, name.as_str(), code).await?
            }
        };
        found.ok_or(Error::LinkInvalid)?.try_into()
    }

    /// Finds the token of a code that went to a canonical address.
    pub(crate) async fn find_code(
        &self,
        ctx: &RequestCtx,
        purpose: Purpose,
        address: &str,
        code: &MailCode,
    ) -> Result<Option<Redeemable>, Error> {
        let found = self.token_of_code(ctx, &[purpose], address, code).await?;
        found.map(Redeemable::try_from).transpose()
    }

    async fn token_of_code(
        &self,
        ctx: &RequestCtx,
        purposes: &[Purpose],
        address: &str,
        code: &MailCode,
    ) -> Result<Option<OneTimeToken>, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let most = i64::try_from(CODES_OF_AN_ADDRESS).map_err(Error::internal)?;
        let tokens = one_time_tokens::by_email(self.store(), purposes, address, now, most).await?;
        // Several mails may have gone to one address, each with a code of its own. A guess counts at each of them, and
        // costs the same whatever their number.
        let mut shown: Vec<_> = tokens.into_iter().map(Some).collect();
        shown.resize_with(CODES_OF_AN_ADDRESS, || None);
        let counted_as = |(place, token): (usize, &Option<OneTimeToken>)| match token {
            Some(token) => Guessed {
                of: token.id.as_bytes().to_vec(),
                user: token.user,
                interval: limits::GUESSES_AT_A_CODE.interval,
            },
            None => Guessed {
                of: format!("{address} {place}").into_bytes(),
                user: None,
                interval: limits::GUESSES_AT_NO_CODE_EVERY,
            },
        };
        let codes: Vec<_> = shown.iter().enumerate().map(counted_as).collect();
        let left = self.admit_guesses(ctx, &codes).await?;
        let mut found = None;
        for (token, is_left) in shown.into_iter().zip(left) {
            if self.is_code_of(token.as_ref(), code, ctx.now)? && is_left {
                found = token;
            }
        }
        Ok(found)
    }

    /// Costs the same without a token.
    fn is_code_of(
        &self,
        token: Option<&OneTimeToken>,
        code: &MailCode,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let keys = self.encryption()?;
        let of = |token: &OneTimeToken| (token.key_id.clone(), token.id);
        let (key_id, id) = token.map_or_else(|| (keys.newest(now).to_owned(), Uuid::nil()), of);
        let hash = code_hash(keys, &key_id, id, code.as_str())?;
        let stored = token.map_or(&[][..], |token| &token.code_hash);
        Ok(constant_time::verify_slices_are_equal(&hash, stored).is_ok())
    }

    /// Uses a token up, in the transaction of what it allows: of several at once, one alone succeeds.
    pub(crate) async fn use_up(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &Redeemable,
    ) -> Result<(), Error> {
        if self.has_used_up(tx, ctx, token).await? { Ok(()) } else { Err(Error::LinkInvalid) }
    }

    /// The same, where it is no error to come too late.
    pub(crate) async fn has_used_up(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        token: &Redeemable,
    ) -> Result<bool, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        Ok(one_time_tokens::use_up(tx, token.id, now).await?)
    }

    /// What a token's purpose needs beyond.
    pub(crate) fn detail_of(&self, token: &Redeemable) -> Result<Zeroizing<Vec<u8>>, Error> {
        let bytes = token.sealed.clone().ok_or_else(|| Error::internal("a token without its detail"))?;
        let sealed = Sealed { key_id: token.key_id.clone(), bytes };
        self.encryption()?.open(Label::TokenDetail, token.id, &sealed)
    }
}
