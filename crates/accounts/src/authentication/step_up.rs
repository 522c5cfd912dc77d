use crate::audit::Event;
use crate::{Accounts, Error, Member, RequestCtx, policy, rng};
use domain::{FieldError, PlainPassword};
use store::users::User;

/// The account of somebody who has just shown again that it is theirs. No `Debug`: it holds a hash.
pub(crate) struct Proven {
    user: User,
    by_password: bool,
}

impl Accounts {
    /// Asks for what a thief of a session does not have: the password, or a recent sign-in. A password that
    /// is given counts, however recent the sign-in.
    pub(crate) async fn prove_again(
        &self,
        ctx: &RequestCtx,
        user: User,
        current: Option<PlainPassword>,
    ) -> Result<Proven, Error> {
        let member = ctx.member()?;
        let Some(current) = current else {
            need_recent_sign_in(member, ctx)?;
            return Ok(Proven { user, by_password: false });
        };
        let priority = self.admit_proof(ctx, member).await?;
        let salt = rng::bytes(self.inner.rng.as_ref());
        let verdict = self
            .inner
            .hasher
            .verify(current, &user.email, user.password_hash.as_deref(), false, salt, priority)
            .await?;
        if verdict.matches {
            return Ok(Proven { user, by_password: true });
        }
        let mut tx = self.store().begin().await?;
        self.audit(&mut tx, ctx, Some(user.id), Event::ReauthenticationRefused).await?;
        tx.commit().await?;
        Err(wrong_password())
    }
}

impl Proven {
    /// Whether what was proven still holds of the account, now that it is locked.
    pub(crate) fn holds(&self, user: &User) -> Result<(), Error> {
        let other = self.by_password && user.password_hash != self.user.password_hash;
        if other { Err(wrong_password()) } else { Ok(()) }
    }
}

/// The guard of what needs a sign-in within the last minutes.
pub(crate) fn need_recent_sign_in(member: &Member, ctx: &RequestCtx) -> Result<(), Error> {
    if policy::is_recent(member.authenticated_at, ctx.now) { Ok(()) } else { Err(Error::Reauthenticate) }
}

pub(crate) fn wrong_password() -> Error {
    let message = "That is not your current password.";
    Error::Invalid(vec![FieldError::new("current_password", "wrong", message)])
}
