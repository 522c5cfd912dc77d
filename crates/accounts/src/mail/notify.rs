//! Telling an account's owner, at the address that the account had before.

use super::closing::instant;
use super::letter::{FactorChange, Letter};
use super::not_me::NotMeLink;
use super::notice::{Notice, NoticeMail};
use super::prepare::{Prepared, address_of};
use super::waiting::Mail;
use crate::identifier::Address;
use crate::limits::key::key;
use crate::one_time::NewToken;
use crate::{Accounts, Error, RequestCtx, limits};
use domain::{Purpose, UserId};
use store::Tx;
use store::one_time_tokens;
use store::outbox::DueMail;
use store::throttle::{self, Budget};
use store::users::User;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// What taking an account back has done, beside what it always does.
pub(crate) struct HowRecovered {
    /// The address is the account's again.
    pub(crate) moved: bool,
    /// A second factor goes by the link of its own notice alone.
    pub(crate) factor_stays: bool,
    /// Second factors came back that somebody had removed or replaced.
    pub(crate) restored: bool,
}

impl Accounts {
    /// Tells the owner of an account what happened, in the transaction of the event. `before` is the account as it was:
    /// a new address hears nothing of it, and only a proven one gets the link that takes the account back.
    pub(crate) async fn notify(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        before: &User,
        notice: Notice,
    ) -> Result<(), Error> {
        if !self.sends_mail()
            || (notice.can_be_repeated() && !self.may_tell(tx, ctx, before.id, &notice).await?)
        {
            return Ok(());
        }
        let email = address_of(before);
        let mut token = None;
        // What an admin does is not undone by whoever reads the mailbox that was taken from the account.
        let by_owner = ctx.signed_in().map_or(true, |member| member.user == before.id);
        if before.email_verified && notice.can_be_undone() && by_owner {
            // By the order of the events, which the account's lock makes: a request's own time may be older than what
            // it waited for.
            let now = self.in_order(tx, ctx, before.id).await?;
            let new =
                NewToken { purpose: Purpose::NotMe, user: Some(before.id), email: &email, detail: None };
            let made = self.mint(tx, &new, now).await?.id;
            if matches!(notice, Notice::PasswordReset) {
                one_time_tokens::note_of_reset(tx, made).await?;
            }
            token = Some(made);
        }
        self.tell(tx, ctx, email.shown, notice, token).await
    }

    /// When something happens to an account, whose row is locked: after what its owner was told of before, however long ago
    /// the request began.
    pub(crate) async fn in_order(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
    ) -> Result<OffsetDateTime, Error> {
        let newest = one_time_tokens::newest_not_me(tx, user).await?;
        let after = newest.map(|newest| newest + Duration::MICROSECOND);
        Ok(after.into_iter().fold(self.inner.database_clock.time(ctx.now), OffsetDateTime::max))
    }

    /// Tells that an account was taken back, by the mail to `told`: there, and at the address that it lost by that.
    /// Neither gets a link that takes it back once more. An address that stays is a thief's, and hears nothing.
    pub(crate) async fn tell_recovered(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        before: &User,
        told: &Address,
        HowRecovered { moved, factor_stays, restored }: HowRecovered,
    ) -> Result<(), Error> {
        let notice = Notice::Recovered { factor_stays, restored };
        self.tell(tx, ctx, told.shown.clone(), notice, None).await?;
        if !moved {
            return Ok(());
        }
        let notice = Notice::EmailChanged { new_email: told.shown.clone() };
        self.tell(tx, ctx, address_of(before).shown, notice, None).await
    }

    async fn tell(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        to: String,
        notice: Notice,
        token: Option<Uuid>,
    ) -> Result<(), Error> {
        let (client, address) = (words::client_of(&ctx.client.agent), ctx.client.address.to_string());
        self.enqueue(tx, ctx, &Mail::Notice(NoticeMail { to, notice, token, client, address })).await
    }

    /// Once an hour for each kind of event.
    pub(crate) async fn may_tell(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: UserId,
        notice: &Notice,
    ) -> Result<bool, Error> {
        let key = key("notice of", &[notice.kind().as_bytes(), user.0.as_bytes()]);
        let budget = Budget { key, bucket: limits::NOTICES_OF_AN_ACCOUNT };
        Ok(throttle::take_in(tx, &budget, self.inner.database_clock.at(ctx.now)).await?)
    }

    /// The message of a notice; none whose link has been used or has ended in the meantime.
    pub(super) async fn prepare_notice(
        &self,
        tx: &mut Tx,
        due: &DueMail,
        NoticeMail { to, notice, token, client, address }: NoticeMail,
        now: OffsetDateTime,
    ) -> Result<Option<Prepared>, Error> {
        let closes = notice.closes_at().map(instant).transpose()?;
        let mut link = None;
        if let Some(token) = token {
            let Some(token) = one_time_tokens::by_id(tx, token).await? else { return Ok(None) };
            link = Some(self.not_me_link(&token, closes, now)?);
        }
        let not_me = link.as_ref().map(NotMeLink::shown);
        let (when, client, sign_in) = (due.created_at, client.as_str(), self.page_url("login"));
        let of_factor = |change| Letter::Factor { change, when, client, not_me };
        let letter = match &notice {
            Notice::PasswordChanged => Letter::PasswordChanged { when, client, not_me },
            Notice::PasswordReset => Letter::PasswordReset { when, client, not_me },
            Notice::EmailChangeRequested { new_email } => Letter::EmailChangeRequested { new_email, not_me },
            Notice::EmailChanged { new_email } => Letter::EmailChanged { new_email, not_me },
            Notice::EmailIsYours => Letter::EmailIsYours,
            Notice::NewDevice => Letter::NewDevice { when, client, address: &address, not_me },
            Notice::TokenReused => Letter::TokenReused { when, client, not_me },
            Notice::Closing { closes_at } => {
                Letter::Closing { closes: instant(*closes_at)?, when, client, sign_in: &sign_in, not_me }
            }
            Notice::Disabled => Letter::Disabled,
            Notice::Deleted => Letter::Deleted { when, client },
            Notice::Restored => Letter::Restored { when, client, not_me },
            Notice::Recovered { factor_stays, restored } => {
                Letter::Recovered { when, client, factor_stays: *factor_stays, restored: *restored }
            }
            Notice::FactorAdded { factor, replaced: false } => of_factor(FactorChange::Added(factor)),
            Notice::FactorAdded { replaced: true, .. } => of_factor(FactorChange::Replaced),
            Notice::FactorRemoved { factor } => of_factor(FactorChange::Removed(factor)),
            Notice::FactorsCleared => Letter::FactorsCleared { when },
            Notice::SecondStepMissed { missed } => of_factor(FactorChange::Missed(missed)),
            Notice::RecoveryCodesMade => of_factor(FactorChange::CodesMade),
            Notice::RecoveryCodeUsed { left } => of_factor(FactorChange::CodeUsed { left: *left }),
        };
        let message = self.message(due, to, self.compose(&letter)?);
        Ok(Some(Prepared { message, token: link.map(|link| link.sent()) }))
    }
}
