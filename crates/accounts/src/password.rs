use crate::audit::Event;
use crate::session::{Opened, Opening};
use crate::{Accounts, Error, Member, RequestCtx, SignedIn, rng};
use domain::{FieldError, PasswordChange, PasswordForm};
use store::users::{self, User};
use store::{Tx, sessions};

impl Accounts {
    /// Changes the caller's password. Every session ends; this browser goes on under a new one.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong current password),
    /// [`Error::Overloaded`], [`Error::Unavailable`]; the password stays as it was then.
    pub async fn change_password(&self, ctx: &RequestCtx, form: PasswordForm) -> Result<SignedIn, Error> {
        let member = ctx.member()?;
        let PasswordChange { current, new } = form.parse()?;
        let user = users::by_id(self.store(), member.user).await?.ok_or(Error::SignInNeeded)?;
        let salt = rng::bytes(self.inner.rng.as_ref());
        let (name, stored) = (&user.email, user.password_hash.as_deref());
        let verdict = self.inner.hasher.verify(current, name, stored, false, salt).await?;
        if !verdict.matches {
            let tx = self.store().begin().await?;
            return self.refuse_change(tx, ctx, member).await;
        }
        let hash = self.choose_password("new_password", new, personal_words(&user)).await?;
        let mut tx = self.store().begin().await?;
        // Two changes at once: the second one's "current" password is no longer current.
        if users::lock_password_hash(&mut tx, user.id).await? != user.password_hash {
            return self.refuse_change(tx, ctx, member).await;
        }
        users::set_password_hash(&mut tx, user.id, &hash, ctx.now).await?;
        let ended_sessions = sessions::end_all(&mut tx, user.id, ctx.now).await?;
        let opening = Opening { user: user.id, role: user.role, persistent: member.persistent };
        let Opened { session, token } = self.open_session(&mut tx, ctx, &opening).await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::PasswordChanged { session, ended_sessions }).await?;
        tx.commit().await?;
        Ok(SignedIn { viewer: member.viewer(), token })
    }

    async fn refuse_change(&self, mut tx: Tx, ctx: &RequestCtx, member: &Member) -> Result<SignedIn, Error> {
        self.audit(&mut tx, ctx, Some(member.user), Event::PasswordChangeRefused).await?;
        tx.commit().await?;
        let message = "That is not your current password.";
        Err(Error::Invalid(vec![FieldError::new("current_password", "wrong", message)]))
    }
}

fn personal_words(user: &User) -> Vec<String> {
    let optional = [&user.username, &user.name, &user.first_name, &user.last_name];
    optional.into_iter().flatten().chain([&user.email]).cloned().collect()
}
