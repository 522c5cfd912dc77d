use crate::one_time::Redeemable;
use crate::{Accounts, Error, Member, RequestCtx, policy};
use domain::{Purpose, Role, UserId};
use store::sessions::{self, Session};
use store::users::{self, User, admin};
use store::{Tx, factors};

/// Every write of a member begins here. A request may wait for a row while its session ends, or while its account is
/// disabled, deleted or demoted. So the rows are read again under a lock: first accounts and then sessions, in every
/// transaction that locks both; and whether the address is proven counts as the locked row says.
impl Accounts {
    /// Begins a change of the caller's own account, whose address is proven, and which has a second factor, where that is
    /// asked for.
    pub(crate) async fn begin(&self, ctx: &RequestCtx) -> Result<(Tx, User), Error> {
        let (mut tx, user) = self.begin_enrolling(ctx).await?;
        self.need_factor(&mut tx, &user).await?;
        Ok((tx, user))
    }

    /// The same for what leads to that factor.
    pub(crate) async fn begin_enrolling(&self, ctx: &RequestCtx) -> Result<(Tx, User), Error> {
        let (tx, user) = self.begin_unproven(ctx).await?;
        if self.must_prove(user.email_verified) { Err(Error::EmailUnverified) } else { Ok((tx, user)) }
    }

    /// The same for what leads to that proof, or out: it does not wait for it.
    pub(crate) async fn begin_unproven(&self, ctx: &RequestCtx) -> Result<(Tx, User), Error> {
        let mut tx = self.store().begin().await?;
        let user = self.lock_own(&mut tx, ctx).await?;
        Ok((tx, user))
    }

    /// Begins what a mail's link or code allows: the account's row is locked, and the token is used up. A disabled
    /// account allows nothing, and one that closes no more than to be taken back.
    pub(crate) async fn begin_by_token(
        &self,
        ctx: &RequestCtx,
        token: &Redeemable,
    ) -> Result<(Tx, User), Error> {
        let id = token.user.ok_or(Error::LinkInvalid)?;
        let mut tx = self.store().begin().await?;
        let takes_back = token.purpose == Purpose::NotMe;
        let now = self.inner.database_clock.time(ctx.now);
        let allows = |user: &User| user.is_active || (takes_back && policy::may_restore(user.closes_at, now));
        let user = users::lock(&mut tx, id).await?.filter(allows).ok_or(Error::LinkInvalid)?;
        self.use_up(&mut tx, ctx, token).await?;
        Ok((tx, user))
    }

    /// As [`Accounts::begin_unproven`], for what may leave one active admin fewer: it locks the rows of all of them.
    pub(crate) async fn begin_unproven_among_admins(
        &self,
        ctx: &RequestCtx,
    ) -> Result<(Tx, Vec<UserId>, User), Error> {
        let mut tx = self.store().begin().await?;
        let admins = admin::lock_active_admins(&mut tx, self.settings().require_verified).await?;
        let user = self.lock_own(&mut tx, ctx).await?;
        Ok((tx, admins, user))
    }

    /// Begins what an admin does to an account: every active admin's row is locked, then the account's.
    ///
    /// It locks rows instead of taking an advisory lock: rows hold back every writer, even one that does not know this
    /// rule, and whoever waited reads in them what the other wrote. So if two admins demote each other on two replicas,
    /// the second is no longer an admin when the lock is theirs (P6, P28).
    pub(crate) async fn begin_on(
        &self,
        ctx: &RequestCtx,
        id: UserId,
    ) -> Result<(Tx, Vec<UserId>, User), Error> {
        let admin = ctx.admin()?;
        let mut tx = self.store().begin().await?;
        let admins = admin::lock_active_admins(&mut tx, self.settings().require_verified).await?;
        if !admins.contains(&admin.user) {
            return Err(Error::Forbidden);
        }
        if self.lacks_factor(&mut tx, admin.user, Role::Admin).await? {
            return Err(Error::FactorRequired);
        }
        let user = users::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
        self.lock_session(&mut tx, ctx, admin).await?;
        Ok((tx, admins, user))
    }

    /// Whether an account, whose row is locked, has the second factor that it must have.
    pub(crate) async fn need_factor(&self, tx: &mut Tx, user: &User) -> Result<(), Error> {
        let lacks = self.lacks_factor(tx, user.id, user.role).await?;
        if lacks { Err(Error::FactorRequired) } else { Ok(()) }
    }

    /// The same as a question.
    pub(crate) async fn lacks_factor(&self, tx: &mut Tx, user: UserId, role: Role) -> Result<bool, Error> {
        Ok(self.must_enrol(role, false) && factors::enrolled_in(tx, user).await?.is_empty())
    }

    /// Begins what an admin does that concerns no account yet: on their own.
    pub(crate) async fn begin_as_admin(&self, ctx: &RequestCtx) -> Result<Tx, Error> {
        let own = ctx.admin()?.user;
        self.begin_on(ctx, own).await.map(|(tx, ..)| tx)
    }

    async fn lock_own(&self, tx: &mut Tx, ctx: &RequestCtx) -> Result<User, Error> {
        let member = ctx.signed_in()?;
        let user = users::lock(tx, member.user).await?.ok_or(Error::SignInNeeded)?;
        self.lock_session(tx, ctx, member).await?;
        Ok(user)
    }

    /// Holds a member's session as it is until the transaction ends, if it lives.
    async fn lock_session(&self, tx: &mut Tx, ctx: &RequestCtx, member: &Member) -> Result<(), Error> {
        let session = sessions::lock(tx, member.kind, member.session).await?;
        let lives = |session: &Session| session.user == member.user && policy::is_live(session, ctx.now);
        session.filter(lives).map(drop).ok_or(Error::SignInNeeded)
    }
}
