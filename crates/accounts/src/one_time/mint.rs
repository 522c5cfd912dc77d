use super::secrets::{Secrets, code_hash};
use crate::credential::Label;
use crate::identifier::Address;
use crate::policy::SWEEP_BATCH;
use crate::{Accounts, Error, RequestCtx, policy, rng};
use domain::{Purpose, UserId};
use store::Tx;
use store::one_time_tokens::{self, NewOneTimeToken, OneTimeToken, Owner};
use time::OffsetDateTime;

/// A token to be made.
pub(crate) struct NewToken<'a> {
    pub(crate) purpose: Purpose,
    /// None before there is an account.
    pub(crate) user: Option<UserId>,
    /// Where its mail goes.
    pub(crate) email: &'a Address,
    /// What the purpose needs beyond; it is stored encrypted.
    pub(crate) detail: Option<&'a [u8]>,
}

impl Accounts {
    /// The live token of a purpose and owner, so that a repeated request leads to the same link; else a new one. A
    /// token for another address of the same account ends. `now` is the database's.
    pub(crate) async fn mint(
        &self,
        tx: &mut Tx,
        new: &NewToken<'_>,
        now: OffsetDateTime,
    ) -> Result<OneTimeToken, Error> {
        let owner = Owner { user: new.user, email_canonical: &new.email.canonical };
        let repeatable = new.purpose != Purpose::NotMe && new.detail.is_none();
        let mut spared = repeatable.then_some(now);
        if repeatable && let Some(live) = one_time_tokens::live(tx, new.purpose, owner, now).await? {
            if live.sealed.is_none() {
                return Ok(live);
            }
            // It is for something else.
            spared = None;
        }
        if new.purpose != Purpose::NotMe {
            // Another server may have made a token just now, whose mail is on its way.
            one_time_tokens::revoke(tx, new.purpose, owner, spared).await?;
        }
        let id = rng::uuid(self.inner.rng.as_ref(), now);
        let keys = self.encryption()?;
        let key_id = keys.newest(now);
        let secrets = Secrets::of(keys, key_id, id)?;
        let seal = |detail| keys.seal(Label::TokenDetail, id, detail, now, self.inner.rng.as_ref());
        let sealed = new.detail.map(seal).transpose()?;
        let row = NewOneTimeToken {
            id,
            purpose: new.purpose,
            owner,
            email: &new.email.shown,
            key_id,
            token_hash: secrets.token.hash(),
            code_hash: &code_hash(keys, key_id, id, &secrets.code)?,
            sealed: sealed.as_ref().map(|sealed| sealed.bytes.as_slice()),
            at: now,
            expires_at: now + policy::MAIL_WAITS + policy::token_lifetime(new.purpose),
        };
        one_time_tokens::insert(tx, &row).await?;
        // Another server may have made one at the same moment: that one counts.
        let live = one_time_tokens::live(tx, new.purpose, owner, now).await?;
        let made = if new.purpose == Purpose::NotMe { one_time_tokens::by_id(tx, id).await? } else { live };
        made.ok_or_else(|| Error::internal("a one-time token was not made"))
    }

    /// Makes a token that is shown now and not mailed, and returns its secret.
    pub(crate) async fn mint_shown(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        purpose: Purpose,
        user: UserId,
        email: &Address,
    ) -> Result<String, Error> {
        let now = self.inner.database_clock.time(ctx.now);
        let token = self.mint(tx, &NewToken { purpose, user: Some(user), email, detail: None }, now).await?;
        one_time_tokens::note_sent(tx, token.id, now, now + policy::token_lifetime(purpose)).await?;
        Ok(Secrets::of(self.encryption()?, &token.key_id, token.id)?.token.reveal())
    }

    /// Deletes tokens that can no longer be used.
    pub(crate) async fn sweep_one_time_tokens(&self, now: OffsetDateTime) -> Result<(), Error> {
        let now = self.inner.database_clock.time(now);
        while one_time_tokens::sweep(self.store(), now, SWEEP_BATCH).await? >= SWEEP_BATCH.unsigned_abs() {}
        Ok(())
    }
}
