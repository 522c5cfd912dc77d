//! Leaving: an account that its owner deletes closes at once, can be restored for some days, and is deleted then.

use crate::account::email::MAILED;
use crate::audit::Event;
use crate::mail::{Mail, Notice};
use crate::retention::{RETENTION, Unswept};
use crate::{Accounts, Error, RequestCtx, identifier, policy, version};
use domain::{DeletionForm, Factor, FieldError, KeptView, LeaveForm, LeaveView, Reason, Role, UserId};
use store::users::{User, closing};
use store::{Tx, one_time_tokens, outbox, sessions};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

impl Accounts {
    /// What leaving means for the caller: what is kept about them, and for how long it can be undone. Whoever mistyped their
    /// address at the sign-up can leave, too.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn leaving(&self, ctx: &RequestCtx) -> Result<LeaveView, Error> {
        let user = self.own_account(ctx.signed_in()?).await?;
        let personal = RETENTION.iter().filter(|retained| !retained.personal.is_empty());
        let kept = personal.map(|retained| KeptView {
            what: (retained.what)().to_owned(),
            until: retained.period_in_words(),
            why: (retained.why)().to_owned(),
        });
        Ok(LeaveView {
            grace_days: self.settings().deletion_grace_days,
            way_back: self.can_restore(&user).await?,
            kept: kept.collect(),
            version: version::of_user(&user),
        })
    }

    /// As [`Accounts::delete_me`], from the page: what cannot be undone takes more than one press, the typed address.
    ///
    /// # Errors
    /// As [`Accounts::delete_me`].
    pub async fn leave(&self, ctx: &RequestCtx, form: LeaveForm) -> Result<(), Error> {
        let user = self.own_account(ctx.signed_in()?).await?;
        if self.settings().deletion_grace_days == 0 || !self.can_restore(&user).await? {
            let typed = identifier::email(form.email.trim());
            if typed.is_none() || typed != identifier::email(&user.email) {
                return Err(FieldError::<Reason>::new("email", Reason::EmailOther).into());
            }
        }
        self.delete_me(ctx, DeletionForm::default()).await
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
        if user.role == Role::Admin {
            // Nobody is asked who they are for what is refused anyway.
            self.begin_leaving(ctx).await?.0.rollback().await?;
        }
        let stepped_up = self.step_up(ctx, user, current_password, Event::ReauthenticationRefused).await?;
        let (mut tx, user) = self.begin_leaving(ctx).await?;
        stepped_up.holds(&user)?;
        ctx.check_version(|| version::of_user(&user))?;
        match self.settings().deletion_grace_days {
            0 => {
                self.delete(&mut tx, ctx, user.id).await?;
                self.notify(&mut tx, ctx, &user, Notice::Deleted).await?;
            }
            days => {
                let closes_at = self.inner.database_clock.time(ctx.now) + Duration::days(days.into());
                self.close(&mut tx, ctx, &user, closes_at).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Begins what ends the caller's own account, which must leave an admin. The role may have changed since the request came
    /// in: somebody may have made this account an admin.
    async fn begin_leaving(&self, ctx: &RequestCtx) -> Result<(Tx, User), Error> {
        let (tx, admins, user) = self.begin_unproven_among_admins(ctx).await?;
        if policy::is_last_admin(&admins, user.id, user.role) {
            Err(Error::LastAdmin)
        } else {
            Ok((tx, user))
        }
    }

    /// Deletes the accounts whose end has come; says how many. One that cannot be deleted keeps no other.
    pub(crate) async fn delete_closed(&self, now: OffsetDateTime, unswept: &mut Vec<Unswept>) -> u64 {
        let ctx = RequestCtx::command_line(now);
        let (mut deleted, mut left_alone) = (0, Vec::new());
        loop {
            let (tx, user) = match self.lock_closed(now, &left_alone).await {
                Ok(Some(found)) => found,
                Ok(None) => return deleted,
                Err(error) => {
                    unswept.push(Unswept { what: "closed accounts".to_owned(), error });
                    return deleted;
                }
            };
            match self.delete_piece(tx, &ctx, user).await {
                Ok(whole) => deleted += u64::from(whole),
                Err(error) => {
                    left_alone.push(user.0);
                    unswept.push(Unswept { what: format!("account {user}"), error });
                }
            }
        }
    }

    async fn lock_closed(&self, now: OffsetDateTime, except: &[Uuid]) -> Result<Option<(Tx, UserId)>, Error> {
        let mut tx = self.store().begin().await?;
        // By the clock that all servers share: an account is deleted for good.
        let now = self.inner.database_clock.time(now);
        let ended = closing::lock_ended(&mut tx, now, except).await?;
        Ok(ended.map(|user| (tx, user.id)))
    }

    /// Deletes an account, or as much of a long trail as one transaction may hold; says whether it is gone.
    async fn delete_piece(&self, mut tx: Tx, ctx: &RequestCtx, user: UserId) -> Result<bool, Error> {
        let whole = self.remove_piece_of(&mut tx, user).await?;
        if whole {
            // Its sessions ended when it closed.
            self.audit(&mut tx, ctx, Some(user), Event::AccountDeleted { ended_sessions: 0 }).await?;
        }
        tx.commit().await?;
        if whole {
            tracing::info!(%user, "an account was deleted, whose owner had left");
        }
        Ok(whole)
    }

    /// Deletes an account, whose row is locked: of everything of its owner's, what the retention table says.
    pub(crate) async fn delete(&self, tx: &mut Tx, ctx: &RequestCtx, user: UserId) -> Result<(), Error> {
        let ended_sessions = sessions::end_all(tx, user, ctx.now).await?;
        self.audit(tx, ctx, Some(user), Event::AccountDeleted { ended_sessions }).await?;
        while !self.remove_piece_of(tx, user).await? {}
        Ok(())
    }

    /// Opens an account again, if it closes; says whether it did.
    pub(crate) async fn reopen(&self, tx: &mut Tx, ctx: &RequestCtx, user: UserId) -> Result<bool, Error> {
        let closed = closing::restore(tx, user, ctx.now).await?;
        if closed {
            outbox::withdraw(tx, user).await?;
            self.audit(tx, ctx, Some(user), Event::AccountRestored).await?;
        }
        Ok(closed)
    }

    async fn close(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        closes_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let ended_sessions = sessions::end_all(tx, user.id, ctx.now).await?;
        // The links that take it back stay.
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

    /// Whether the owner could sign in to restore it.
    async fn can_restore(&self, user: &User) -> Result<bool, Error> {
        let has_passkey = self.enrolled(user).await?.contains(&Factor::Passkey);
        Ok(self.has_way_back(user, has_passkey))
    }
}
