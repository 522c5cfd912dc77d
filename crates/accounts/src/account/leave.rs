//! Leaving: an account that its owner deletes closes at once, can be restored for some days, and is deleted then.

use crate::audit::Event;
use crate::mail::{Mail, Notice};
use crate::retention::RETENTION;
use crate::{Accounts, Error, RequestCtx, account::version, policy};
use domain::{DeletionForm, KeptView, LeaveView, Purpose, UserId};
use store::users::{User, closing};
use store::{Tx, one_time_tokens, sessions};
use time::{Duration, OffsetDateTime};

/// What mails are good for that a closing account does not allow. The links that take it back stay.
const MAILED: [Purpose; 4] = [Purpose::Reset, Purpose::Verify, Purpose::ChangeEmail, Purpose::SignIn];

impl Accounts {
    /// What leaving means for the caller: what is kept about them, and for how long it can be undone.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Unavailable`].
    pub async fn leaving(&self, ctx: &RequestCtx) -> Result<LeaveView, Error> {
        let user = self.own_account(ctx.member()?).await?;
        let personal = RETENTION.iter().filter(|retained| !retained.personal.is_empty());
        let kept = personal.map(|retained| KeptView {
            what: (retained.what)().to_owned(),
            until: retained.until_in_words(),
            why: (retained.why)().to_owned(),
        });
        Ok(LeaveView {
            grace_days: self.settings().deletion_grace_days,
            kept: kept.collect(),
            version: version::of_user(&user),
        })
    }

    /// Closes the caller's own account and ends its sessions, after a recent sign-in or with the password. Its owner can
    /// restore it for as long as `DELETION_GRACE_DAYS` says; then it is deleted. The audit trail stays.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong current password),
    /// [`Error::Reauthenticate`], [`Error::LastAdmin`], [`Error::Overloaded`], [`Error::Unavailable`];
    /// nothing was closed then.
    pub async fn delete_me(&self, ctx: &RequestCtx, form: DeletionForm) -> Result<(), Error> {
        let member = ctx.signed_in()?;
        let current_password = form.parse()?;
        let user = self.own_account(member).await?;
        let stepped_up = self.step_up(ctx, user, current_password, Event::ReauthenticationRefused).await?;
        // The role may have changed since the request came in: somebody may have made this account an admin.
        let (mut tx, admins, user) = self.begin_unproven_among_admins(ctx).await?;
        stepped_up.holds(&user)?;
        ctx.check_version(|| version::of_user(&user))?;
        if policy::is_last_admin(&admins, user.id, user.role) {
            return Err(Error::LastAdmin);
        }
        match self.settings().deletion_grace_days {
            0 => self.delete(&mut tx, ctx, user.id).await?,
            days => self.close(&mut tx, ctx, &user, ctx.now + Duration::days(days.into())).await?,
        }
        Ok(tx.commit().await?)
    }

    /// Deletes the accounts whose end has come; says how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub(crate) async fn delete_closed(&self, now: OffsetDateTime) -> Result<u64, Error> {
        let ctx = RequestCtx::command_line(now);
        let mut deleted = 0;
        loop {
            let mut tx = self.store().begin().await?;
            let Some(user) = closing::lock_ended(&mut tx, now).await? else { return Ok(deleted) };
            self.delete(&mut tx, &ctx, user.id).await?;
            tx.commit().await?;
            deleted += 1;
        }
    }

    /// Deletes an account, whose row is locked: of everything of its owner's, what the retention table says.
    pub(crate) async fn delete(&self, tx: &mut Tx, ctx: &RequestCtx, user: UserId) -> Result<(), Error> {
        let ended_sessions = sessions::end_all(tx, user, ctx.now).await?;
        self.audit(tx, ctx, Some(user), Event::AccountDeleted { ended_sessions }).await?;
        self.remove_all_of(tx, user).await
    }

    /// Opens an account again, if it closes.
    pub(crate) async fn reopen(&self, tx: &mut Tx, ctx: &RequestCtx, user: UserId) -> Result<(), Error> {
        if closing::restore(tx, user, ctx.now).await? {
            self.audit(tx, ctx, Some(user), Event::AccountRestored).await?;
        }
        Ok(())
    }

    async fn close(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        closes_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let ended_sessions = sessions::end_all(tx, user.id, ctx.now).await?;
        one_time_tokens::revoke_all(tx, user.id, &MAILED).await?;
        closing::close(tx, user.id, closes_at, ctx.now).await?;
        self.audit(tx, ctx, Some(user.id), Event::AccountClosing { ended_sessions, closes_at }).await?;
        let seconds = closes_at.unix_timestamp();
        self.notify(tx, ctx, user, Notice::Closing { closes_at: seconds }).await?;
        if let Some(at) = policy::closes_soon_at(ctx.now, closes_at) {
            self.enqueue_at(tx, at, &Mail::ClosesSoon { user: user.id, closes_at: seconds }).await?;
        }
        Ok(())
    }
}
