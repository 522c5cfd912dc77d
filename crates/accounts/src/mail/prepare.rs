//! From a row of the outbox to the message: whose account it is, which token it carries, or that there is nothing to
//! send. One arm for each mail.

use super::letter::{Composed, Letter, Sender};
use super::mailer::Message;
use super::waiting::Mail;
use crate::identifier::{self, Address};
use crate::one_time::{Link, NewToken};
use crate::{Accounts, Error, policy, rng};
use domain::{Purpose, UserId};
use store::Tx;
use store::one_time_tokens::{self, OneTimeToken};
use store::outbox::{self, DueMail};
use store::users::{self, User};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A message, and the token whose lifetime begins when it is sent.
pub(super) struct Prepared {
    pub(super) message: Message,
    pub(super) token: Option<(Uuid, Duration)>,
}

impl Accounts {
    /// The message of a mail; none where there is nothing to send, and the row is deleted then.
    pub(super) async fn prepare_mail(
        &self,
        due: &DueMail,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let mail = self.unseal(due)?;
        // Before the transaction: a pool of one connection is enough.
        let user = self.addressee(due, &mail, now).await?;
        let mut tx = self.store().begin().await?;
        let user = self.still(&mut tx, user).await?;
        let active = user.as_ref().filter(|user| user.is_active);
        let prepared = match (&mail, active) {
            (Mail::SignUpAsked { email, account }, _) => {
                self.prepare_sign_up(&mut tx, due, email, account, user.is_some(), now).await?
            }
            (Mail::Invited { role, .. }, _) => self.prepare_invitation(&mut tx, due, *role, now).await?,
            (Mail::ResetAsked { .. } | Mail::Reset { .. }, Some(user)) => {
                self.prepare_reset(&mut tx, due, user, now).await?
            }
            (Mail::VerifyAsked { .. } | Mail::Verify { .. }, Some(user)) => {
                self.prepare_verification(&mut tx, due, user, now).await?
            }
            (Mail::VerifyAsked { email }, None) if user.is_none() => {
                self.prepare_sign_up_again(&mut tx, due, email, now).await?
            }
            (Mail::SignInCodeAsked { confirms, .. }, active) => {
                let user = active.or(restorable(user.as_ref(), now));
                self.prepare_sign_in_code(&mut tx, due, user, *confirms, now).await?
            }
            (Mail::ConfirmNewEmail { .. }, _) => self.prepare_new_email(&mut tx, due, now).await?,
            (Mail::ClosesSoon { closes_at, .. }, _) => {
                self.prepare_closes_soon(&mut tx, due, user.as_ref(), *closes_at, now).await?
            }
            (Mail::Notice(mail), _) => self.prepare_notice(&mut tx, due, mail.clone(), now).await?,
            (_, None) => None,
        };
        if prepared.is_none() {
            outbox::delete(&mut tx, due.id).await?;
        }
        tx.commit().await?;
        Ok(prepared)
    }

    /// The account as it is now, its row locked: a token for an address that was left since would open it, and whoever
    /// ends an account's tokens holds this lock too.
    async fn still(&self, tx: &mut Tx, user: Option<User>) -> Result<Option<User>, Error> {
        let Some(before) = user else { return Ok(None) };
        let now = users::lock(tx, before.id).await?;
        Ok(now.filter(|now| address_of(now).canonical == address_of(&before).canonical))
    }

    /// Whose account a mail is about.
    async fn addressee(
        &self,
        due: &DueMail,
        mail: &Mail,
        now: OffsetDateTime,
    ) -> Result<Option<User>, Error> {
        Ok(match mail {
            Mail::ResetAsked { email } | Mail::VerifyAsked { email } => {
                users::by_email(self.store(), email).await?
            }
            Mail::Reset { user } | Mail::Verify { user } | Mail::ClosesSoon { user, .. } => {
                users::by_id(self.store(), *user).await?
            }
            Mail::SignInCodeAsked { name, known_device, .. } => {
                self.code_addressee(due, name, *known_device, now).await?
            }
            Mail::SignUpAsked { email, .. } => match identifier::email(email) {
                Some(canonical) => users::by_email(self.store(), &canonical).await?,
                None => None,
            },
            Mail::Invited { .. } | Mail::ConfirmNewEmail { .. } | Mail::Notice(_) => None,
        })
    }

    pub(super) async fn prepare_reset(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        user: &User,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        // Whoever gave the account this address may take it back with everything in it: the owner of the address must
        // not be led into it.
        let canonical = address_of(user).canonical;
        if !user.email_verified && one_time_tokens::is_claimed(tx, user.id, &canonical, now).await? {
            return Ok(None);
        }
        let token = self.token_of(tx, due, (Purpose::Reset, None), user, now).await?;
        self.with_link(due, token, Purpose::Reset, now, |link, left| {
            self.compose(&Letter::Reset { link: &link.url, code: &link.code, minutes: minutes(left) })
        })
    }

    async fn prepare_verification(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        user: &User,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        if user.email_verified {
            return Ok(None);
        }
        let token = self.token_of(tx, due, (Purpose::Verify, None), user, now).await?;
        self.with_link(due, token, Purpose::Verify, now, |link, left| {
            self.compose(&Letter::Verify { link: &link.url, code: &link.code, hours: hours(left) })
        })
    }

    /// To the address that an account shall have. Whose it is already, they are told; nobody else is.
    async fn prepare_new_email(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let Some(token) = live_carried(tx, due, now).await? else { return Ok(None) };
        if users::email_is_taken(tx, &token.email_canonical, token.user.unwrap_or(UserId(Uuid::nil())))
            .await?
        {
            let message = self.already_registered(due, token.email)?;
            // Its time runs as that of a free address: how long the change waits must not tell.
            let token = Some((token.id, policy::token_lifetime(Purpose::ChangeEmail)));
            return Ok(Some(Prepared { message, token }));
        }
        self.with_link(due, Some(token), Purpose::ChangeEmail, now, |link, left| {
            self.compose(&Letter::ConfirmNewEmail { link: &link.url, code: &link.code, hours: hours(left) })
        })
    }

    /// The message to somebody whose address has an account already.
    pub(super) fn already_registered(&self, due: &DueMail, to: String) -> Result<Message, Error> {
        let (sign_in, forgot) = (self.page_url("login"), self.page_url("forgot"));
        let letter = self.compose(&Letter::AlreadyRegistered { sign_in: &sign_in, forgot: &forgot })?;
        Ok(self.message(due, to, letter))
    }

    /// The token that a mail carries: what it carried when it was tried before, else the live one or a new one. None
    /// where that was used or revoked in the meantime.
    pub(super) async fn token_of(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        (purpose, detail): (Purpose, Option<&[u8]>),
        user: &User,
        now: OffsetDateTime,
    ) -> Result<Option<OneTimeToken>, Error> {
        if due.token.is_some() {
            let carried = carried(tx, due).await?;
            if carried.as_ref().is_none_or(|token| token.expires_at > now) {
                return Ok(carried);
            }
            // It ended while the mail waited. Let go of it first: a mail whose token is deleted is deleted too.
            outbox::set_token(tx, due.id, None).await?;
        }
        let email = address_of(user);
        let new = NewToken { purpose, user: Some(user.id), email: &email, detail };
        let token = self.mint(tx, &new, now).await?;
        outbox::set_token(tx, due.id, Some(token.id)).await?;
        Ok(Some(token))
    }

    /// A mail that tries the mail server. Nobody can ask for it but whoever runs the site.
    ///
    /// # Errors
    /// [`Error::Internal`] where the support address is no link.
    pub fn trial_mail(&self, to: String) -> Result<Message, Error> {
        let Composed { subject, text, html } = self.compose(&Letter::Trial)?;
        let (id, logo, at) = (rng::uuid(self.inner.rng.as_ref(), self.now()), self.logo(), self.now());
        Ok(Message { id, to, subject, text, html, logo, at })
    }

    pub(super) fn compose(&self, letter: &Letter<'_>) -> Result<Composed, Error> {
        letter.compose(&Sender::from(self.settings()))
    }

    /// The message of a mail that carries a link; none without a token.
    pub(super) fn with_link(
        &self,
        due: &DueMail,
        token: Option<OneTimeToken>,
        purpose: Purpose,
        now: OffsetDateTime,
        letter: impl FnOnce(&Link, Duration) -> Result<Composed, Error>,
    ) -> Result<Option<Prepared>, Error> {
        let Some(token) = token else { return Ok(None) };
        let lifetime = policy::token_lifetime(purpose);
        let left = if token.sent_at.is_some() { token.expires_at - now } else { lifetime };
        let link = self.link(purpose, &token.key_id, token.id)?;
        let message = self.message(due, token.email, letter(&link, left)?);
        Ok(Some(Prepared { message, token: Some((token.id, lifetime)) }))
    }
}

/// An account that closes, whose owner can still be let in by a mail.
fn restorable(user: Option<&User>, now: OffsetDateTime) -> Option<&User> {
    user.filter(|user| user.email_verified && policy::may_restore(user.closes_at, now))
}

/// The token that a mail carries; none once it was used or revoked.
async fn carried(tx: &mut Tx, due: &DueMail) -> Result<Option<OneTimeToken>, Error> {
    let Some(id) = due.token else { return Ok(None) };
    Ok(one_time_tokens::by_id(tx, id).await?)
}

/// The same while it may be used.
pub(super) async fn live_carried(
    tx: &mut Tx,
    due: &DueMail,
    now: OffsetDateTime,
) -> Result<Option<OneTimeToken>, Error> {
    Ok(carried(tx, due).await?.filter(|token| token.expires_at > now))
}

/// An account's address in both forms. One that an older version stored and that has no canonical form today is written
/// to as it is.
pub(crate) fn address_of(user: &User) -> Address {
    let plain = || Address { shown: user.email.clone(), canonical: user.email.to_lowercase() };
    identifier::address(&user.email).unwrap_or_else(plain)
}

/// Whole minutes, rounded up.
pub(super) fn minutes(left: Duration) -> u64 {
    left.whole_seconds().max(1).unsigned_abs().div_ceil(60)
}

/// Whole hours, rounded up.
pub(super) fn hours(left: Duration) -> u64 {
    minutes(left).div_ceil(60)
}
