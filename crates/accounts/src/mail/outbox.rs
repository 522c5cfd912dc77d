//! The outbox: a mail is a row in the transaction of what it tells of, and a job sends it. No request waits for a mail
//! server, and no answer depends on one.
//!
//! What strangers ask for (a reset, a code) is written down without looking up whose it is; the job finds that out. So
//! neither the content nor the time of an answer tells whether an account exists (P1, P2).

use super::mailer::{Mailer, Message, Undelivered};
use super::prepare::Prepared;
use super::waiting::Mail;
use crate::audit::Event;
use crate::credential::{Label, Sealed};
use crate::policy::SWEEP_BATCH;
use crate::{Accounts, Error, RequestCtx, policy, rng};
use store::Tx;
use store::one_time_tokens;
use store::outbox::{self, DueMail, NewMail};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// For how long one server has a mail to itself: longer than a mail server may take to answer.
const LEASE: Duration = Duration::minutes(1);

impl Accounts {
    /// Whether mails are sent.
    pub(crate) fn sends_mail(&self) -> bool {
        self.settings().mail.enabled && self.settings().encryption.is_some()
    }

    /// Refuses what needs mail where there is none.
    pub(crate) fn need_mail(&self) -> Result<(), Error> {
        if self.sends_mail() { Ok(()) } else { Err(Error::MailOff) }
    }

    /// Writes a mail. Where no mail is set up, nothing is written: what it tells of happens all the same.
    pub(crate) async fn enqueue(&self, tx: &mut Tx, ctx: &RequestCtx, mail: &Mail) -> Result<(), Error> {
        self.enqueue_at(tx, ctx.now, mail).await
    }

    /// The same for one that is not sent before its time.
    pub(crate) async fn enqueue_at(&self, tx: &mut Tx, at: OffsetDateTime, mail: &Mail) -> Result<(), Error> {
        if !self.sends_mail() {
            return Ok(());
        }
        let now = self.inner.database_clock.time(at);
        let (id, keys) = (rng::uuid(self.inner.rng.as_ref(), now), self.encryption()?);
        let plain = serde_json::to_vec(mail).map_err(Error::internal)?;
        let sealed = keys.seal(Label::Outbox, id, &plain, now, self.inner.rng.as_ref())?;
        let row = NewMail {
            id,
            kind: mail.kind(),
            key_id: &sealed.key_id,
            sealed: &sealed.bytes,
            token: mail.token(),
            user: mail.user(),
            at: now,
            expires_at: now + policy::MAIL_WAITS,
        };
        Ok(outbox::insert(tx, &row).await?)
    }

    /// Completes once a mail was written on this server.
    pub async fn outbox_woken(&self) {
        self.store().mailed().await;
    }

    /// Sends the mail that is due for the longest time; says whether there was one.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; the mail is tried again when its lease ends, by whichever server comes first.
    pub async fn send_due<M: Mailer>(&self, mailer: &M) -> Result<bool, Error> {
        let now = self.outbox_time();
        let Some(due) = outbox::claim(self.store(), now, now + LEASE).await? else { return Ok(false) };
        if now >= due.expires_at {
            self.give_up(&due).await?;
            return Ok(true);
        }
        let prepared = match self.prepare_mail(&due, now).await {
            Err(error) if !matches!(error, Error::Unavailable(_) | Error::Unconfirmed(_)) => {
                // One that cannot be read, by a server without its key for example, holds up no other.
                tracing::error!(mail = %due.id, kind = due.kind, %error, "a mail could not be made");
                self.put_off(&due).await?;
                return Ok(true);
            }
            prepared => prepared?,
        };
        let Some(Prepared { message, token }) = prepared else { return Ok(true) };
        match mailer.send(message).await {
            Ok(()) => self.sent(&due, token).await?,
            Err(Undelivered::Never(why)) => {
                tracing::warn!(mail = %due.id, kind = due.kind, why, "a mail was refused for good");
                self.give_up(&due).await?;
            }
            Err(Undelivered::Later(why)) => {
                tracing::warn!(mail = %due.id, kind = due.kind, why, "a mail was not sent and is tried again");
                self.put_off(&due).await?;
            }
        }
        Ok(true)
    }

    /// How many mails wait although none is sent: mail was on before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mails_left_behind(&self) -> Result<i64, Error> {
        Ok(if self.sends_mail() { 0 } else { outbox::backlog(self.store()).await?.0 })
    }

    /// Deletes the mails whose time is over where none is sent. Elsewhere the sender gives them up, and says so.
    pub(crate) async fn sweep_outbox(&self, now: OffsetDateTime) -> Result<(), Error> {
        let now = self.inner.database_clock.time(now);
        let batch = SWEEP_BATCH.unsigned_abs();
        while !self.sends_mail() && outbox::sweep(self.store(), now, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }

    /// What a mail is about.
    pub(super) fn unseal(&self, due: &DueMail) -> Result<Mail, Error> {
        let sealed = Sealed { key_id: due.key_id.clone(), bytes: due.sealed.clone() };
        let plain = self.encryption()?.open(Label::Outbox, due.id, &sealed)?;
        serde_json::from_slice(&plain).map_err(Error::internal)
    }

    /// The message of a mail, with its identity: a repeat has the same.
    pub(super) fn message(&self, due: &DueMail, to: String, composed: super::letter::Composed) -> Message {
        let super::letter::Composed { subject, text, html } = composed;
        Message { id: due.id, to, subject, text, html, logo: self.logo(), at: due.created_at }
    }

    async fn sent(&self, due: &DueMail, token: Option<(Uuid, Duration)>) -> Result<(), Error> {
        let now = self.outbox_time();
        let mut tx = self.store().begin().await?;
        if let Some((token, lifetime)) = token {
            one_time_tokens::note_sent(&mut tx, token, now, now + lifetime).await?;
        }
        outbox::delete(&mut tx, due.id).await?;
        Ok(tx.commit().await?)
    }

    /// Tries a mail again later, and the longer it waits, the later.
    async fn put_off(&self, due: &DueMail) -> Result<(), Error> {
        let jitter = rng::bytes::<1>(self.inner.rng.as_ref())[0];
        let later = self.outbox_time() + policy::mail_back_off(due.attempts, jitter);
        Ok(outbox::put_off(self.store(), due.id, later.min(due.expires_at)).await?)
    }

    /// Deletes a mail that will never be sent, and records it.
    async fn give_up(&self, due: &DueMail) -> Result<(), Error> {
        let mail = self.unseal(due).map_or("unknown", |mail| mail.kind());
        let ctx = RequestCtx::command_line(self.now());
        let mut tx = self.store().begin().await?;
        outbox::delete(&mut tx, due.id).await?;
        self.audit(&mut tx, &ctx, None, Event::MailGivenUp { mail }).await?;
        Ok(tx.commit().await?)
    }

    /// The time by the database's clock.
    pub(super) fn outbox_time(&self) -> OffsetDateTime {
        self.inner.database_clock.time(self.now())
    }
}
