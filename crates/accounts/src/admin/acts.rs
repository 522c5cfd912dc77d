//! What an admin does to an account on its page. It is what the API does, but more of it asks again who it is when the
//! sign-in is not recent, and it refuses what would lock the admin out. Ending sessions never asks: it is what helps at once.

use crate::admin::link::PrintedLink;
use crate::audit::Event;
use crate::identifier::{self, Address};
use crate::one_time::NewToken;
use crate::{Accounts, Error, RequestCtx, policy, version, view};
use domain::{AdminAct, AdminActForm, AdminDeed, AdminPatch, AdminUserView, Asking, Purpose, Role, UserId};
use store::{Tx, factors, sessions, users};

impl Accounts {
    /// An account, as its page shows it.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn admin_user(&self, ctx: &RequestCtx, id: UserId) -> Result<AdminUserView, Error> {
        let admin = ctx.admin()?;
        let user = users::by_id(self.store(), id).await?.ok_or(Error::NotFound)?;
        let open = sessions::list::list(self.store(), id, SESSIONS_COUNTED).await?;
        let sessions = open.iter().filter(|session| policy::is_live(session, ctx.now)).count();
        Ok(AdminUserView {
            disabled_reason: user.disabled_reason.clone(),
            has_password: user.password_hash.is_some(),
            second_factors: factors::enrolled(self.store(), id).await?,
            sessions: sessions as u64,
            sessions_go_on: i64::try_from(open.len()) == Ok(SESSIONS_COUNTED),
            own: id == admin.user,
            version: version::of_user(&user),
            user: view::user(user),
        })
    }

    /// The account of an act that is asked for once more; whoever may not do it is told so before.
    ///
    /// # Errors
    /// As [`Accounts::act_on_user`].
    pub async fn admin_user_for(
        &self,
        ctx: &RequestCtx,
        id: UserId,
        act: AdminAct,
    ) -> Result<AdminUserView, Error> {
        self.may_act(ctx, id, act).await?;
        let mut view = self.admin_user(ctx, id).await?;
        if act == AdminAct::ClearFactors {
            let user = users::by_id(self.store(), id).await?.ok_or(Error::NotFound)?;
            view.version = version::of_factors(&user, &factors::ids(self.store(), id).await?);
        }
        if act.fits(&view) { Ok(view) } else { Err(Error::ChangedMeanwhile) }
    }

    /// Does it, if it is asked for as it has to be. A link to choose a new password is returned, where one was asked for.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::NotFound`], [`Error::Reauthenticate`]
    /// without a recent sign-in, [`Error::OwnAccount`], [`Error::LastAdmin`], [`Error::ChangedMeanwhile`],
    /// [`Error::MailOff`], [`Error::Unavailable`]; nothing was done then.
    pub async fn act_on_user(
        &self,
        ctx: &RequestCtx,
        asking: Asking,
        form: AdminActForm,
    ) -> Result<Option<PrintedLink>, Error> {
        ctx.admin()?;
        let AdminDeed { user, act, reason } = form.parse(asking)?;
        self.admin_user_for(ctx, user, act).await?;
        match act {
            AdminAct::Promote => self.change_role(ctx, user, "admin").await?,
            AdminAct::Demote => self.change_role(ctx, user, "user").await?,
            AdminAct::Disable => self.change_active(ctx, user, false, reason).await?,
            AdminAct::Enable => self.change_active(ctx, user, true, None).await?,
            AdminAct::EndSessions => _ = self.end_sessions_of(ctx, user).await?,
            AdminAct::ClearFactors => {
                self.clear_shown_factors(ctx, user, &reason.unwrap_or_default()).await?;
            }
            AdminAct::SendReset => self.send_password_reset(ctx, user).await?,
            AdminAct::MakeReset => return self.make_password_reset(ctx, user).await.map(Some),
            AdminAct::Verify => self.verify_by_hand(ctx, user).await?,
            AdminAct::Delete => self.delete_user(ctx, user).await?,
        }
        Ok(None)
    }

    /// The guard of an act, before it is asked for and before it is done.
    async fn may_act(&self, ctx: &RequestCtx, user: UserId, act: AdminAct) -> Result<(), Error> {
        let admin = ctx.admin()?;
        if user == admin.user && act.locks_out() {
            return Err(Error::OwnAccount);
        }
        if act == AdminAct::EndSessions { Ok(()) } else { self.need_recent_admin(ctx).await }
    }

    /// The guard of what a thief of an admin's session must not do: a recent sign-in.
    pub(crate) async fn need_recent_admin(&self, ctx: &RequestCtx) -> Result<(), Error> {
        let admin = ctx.admin()?;
        self.need_recent_sign_in(&self.own_account(admin).await?, admin, ctx).await
    }

    /// The same within a transaction in which every admin's row is locked.
    pub(super) async fn need_recent_admin_in(&self, tx: &mut Tx, ctx: &RequestCtx) -> Result<(), Error> {
        let own = users::lock(tx, ctx.admin()?.user).await?.ok_or(Error::SignInNeeded)?;
        self.need_recent_sign_in_in(tx, &own, ctx).await
    }

    async fn change_role(&self, ctx: &RequestCtx, id: UserId, role: &str) -> Result<(), Error> {
        let patch = AdminPatch { role: Some(role.to_owned()), ..AdminPatch::default() };
        self.change_user(ctx, id, patch).await.map(drop)
    }

    async fn change_active(
        &self,
        ctx: &RequestCtx,
        id: UserId,
        is_active: bool,
        reason: Option<String>,
    ) -> Result<(), Error> {
        let patch = AdminPatch { is_active: Some(is_active), reason, ..AdminPatch::default() };
        self.change_user(ctx, id, patch).await.map(drop)
    }

    /// Vouches for the address of an account.
    async fn verify_by_hand(&self, ctx: &RequestCtx, id: UserId) -> Result<(), Error> {
        let (mut tx, _, user) = self.begin_on(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        if !user.email_verified {
            users::set_email_verified(&mut tx, id, ctx.now).await?;
            self.audit(&mut tx, ctx, Some(id), Event::EmailVerified).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Makes a link to choose a new password, for the admin to pass on: the live one, or a new one where that has nearly
    /// ended. The account keeps its password until then. An admin's is not made: whoever makes it could act as them.
    async fn make_password_reset(&self, ctx: &RequestCtx, id: UserId) -> Result<PrintedLink, Error> {
        let (mut tx, _, user) = self.begin_on(ctx, id).await?;
        ctx.check_version(|| version::of_user(&user))?;
        if user.role == Role::Admin {
            return Err(Error::Forbidden);
        }
        let canonical = identifier::email(&user.email).filter(|_| user.is_active).ok_or(Error::NotFound)?;
        let email = Address { shown: user.email.clone(), canonical };
        let new = NewToken { purpose: Purpose::Reset, user: Some(id), email: &email, detail: None };
        let token = self.mint_to_pass_on(&mut tx, ctx, &new).await?;
        self.audit(&mut tx, ctx, Some(id), Event::LinkMade { purpose: Purpose::Reset.as_str() }).await?;
        let link = self.printed(&mut tx, ctx, &token, Purpose::Reset).await?;
        tx.commit().await?;
        Ok(link)
    }
}

/// The page says "at least" where there are more: nobody has so many by hand.
const SESSIONS_COUNTED: i64 = 100;
