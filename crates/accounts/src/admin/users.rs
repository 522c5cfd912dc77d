use crate::account::me::{Changes, NewEmail, leave_kept};
use crate::audit::Event;
use crate::mail::Mail;
use crate::{Accounts, Error, RequestCtx, policy, version, view};
use domain::{AdminChange, AdminPatch, Role, UserId, UserView};
use store::{sessions, users};

impl Accounts {
    /// An account.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn user(&self, ctx: &RequestCtx, id: UserId) -> Result<UserView, Error> {
        ctx.admin()?;
        users::by_id(self.store(), id).await?.map(view::user).ok_or(Error::NotFound)
    }

    /// Changes the given fields of an account. Another role and disabling end every session of it; whoever is disabled is
    /// told the reason, where one is given. An admin's own new
    /// address waits for its proof where every member's does. Another admin's is not changed: a mail to it would make that
    /// admin of whoever reads it.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], also for another admin's address, [`Error::Invalid`],
    /// [`Error::NotFound`], [`Error::Taken`], [`Error::LastAdmin`], [`Error::Reauthenticate`] for another role or address
    /// and for disabling and enabling without a recent sign-in, [`Error::TooManyTries`] for too many addresses of one's own,
    /// [`Error::Unavailable`]; the account stays as it was then.
    pub async fn change_user(
        &self,
        ctx: &RequestCtx,
        id: UserId,
        mut patch: AdminPatch,
    ) -> Result<UserView, Error> {
        let admin = ctx.admin()?;
        let user = users::by_id(self.store(), id).await?.ok_or(Error::NotFound)?;
        leave_kept(&mut patch.email, &user);
        let AdminChange { role, is_active, reason, email, profile } = patch.parse()?;
        let email = NewEmail::of(email.as_ref(), &user)?;
        let waits = id == admin.user && self.api_email_waits();
        if let Some(new) = email.as_ref().filter(|_| id == admin.user) {
            self.need_recent_sign_in(&user, admin, ctx).await?;
            self.admit_email(ctx, &user, new, waits).await?;
        }
        let (mut tx, admins, user) = self.begin_on(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        if email.is_some() && user.role == Role::Admin && id != admin.user {
            return Err(Error::Forbidden);
        }
        let role = role.filter(|role| *role != user.role);
        // An account that closes is disabled as well, and no longer its owner's to restore. Another reason disables anew.
        let other_reason = reason.is_some() && reason != user.disabled_reason;
        let is_active =
            is_active.filter(|wanted| *wanted != user.is_active || user.closes_at.is_some() || other_reason);
        let no_longer = role == Some(Role::User) || is_active == Some(false);
        if no_longer && policy::is_last_admin(&admins, id, user.role) {
            return Err(Error::LastAdmin);
        }
        if role.is_some() || is_active.is_some() || email.is_some() {
            self.need_recent_admin_in(&mut tx, ctx).await?;
        }
        let changes = Changes { profile, email: None, role, is_active, disabled_reason: reason };
        let user = match email {
            Some(new) => self.move_to(&mut tx, ctx, user, changes, &new, waits).await?,
            None => self.change(&mut tx, ctx, user, &changes).await?,
        };
        tx.commit().await?;
        Ok(view::user(user))
    }

    /// Deletes an account and its sessions. The audit trail stays.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::NotFound`], [`Error::LastAdmin`],
    /// [`Error::Reauthenticate`] without a recent sign-in, [`Error::Unavailable`]; nothing was deleted then.
    pub async fn delete_user(&self, ctx: &RequestCtx, id: UserId) -> Result<(), Error> {
        self.need_recent_admin(ctx).await?;
        let (mut tx, admins, user) = self.begin_on(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        if policy::is_last_admin(&admins, id, user.role) {
            return Err(Error::LastAdmin);
        }
        self.delete(&mut tx, ctx, user.id).await?;
        Ok(tx.commit().await?)
    }

    /// Ends every session of an account; says how many.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn end_sessions_of(&self, ctx: &RequestCtx, id: UserId) -> Result<u64, Error> {
        let (mut tx, _, user) = self.begin_on(ctx, id).await?;
        let ended_sessions = sessions::end_all(&mut tx, user.id, ctx.now).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::SessionsEnded { ended_sessions }).await?;
        tx.commit().await?;
        Ok(ended_sessions)
    }

    /// Mails the link to choose a new password to an account, which keeps its password until then. Nothing is mailed to
    /// a disabled account.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::NotFound`], [`Error::MailOff`],
    /// [`Error::Unavailable`].
    pub async fn send_password_reset(&self, ctx: &RequestCtx, id: UserId) -> Result<(), Error> {
        let (mut tx, _, user) = self.begin_on(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        self.need_mail()?;
        self.enqueue(&mut tx, ctx, &Mail::Reset { user: user.id }).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::PasswordResetSent).await?;
        Ok(tx.commit().await?)
    }
}
