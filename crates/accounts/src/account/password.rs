use crate::audit::Event;
use crate::authentication::step_up::wrong_password;
use crate::session::{Opened, Opening};
use crate::{Accounts, Error, Member, RequestCtx, SessionToken, account::version, rng};
use domain::{PasswordChange, PasswordForm, Role, SessionKind};
use store::users::{self, User};
use store::{Tx, sessions};

/// A password was changed.
#[derive(Debug)]
pub struct PasswordChanged {
    /// For the cookie of a browser's new session.
    pub token: Option<SessionToken>,
    /// The version of the new password.
    pub version: String,
}

impl Accounts {
    /// Changes the caller's password, ends every other session and forgets every other browser. A browser goes
    /// on under a new session, whose token is answered; a program goes on with the tokens it has.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong current password),
    /// [`Error::ChangedMeanwhile`], [`Error::Overloaded`], [`Error::Unavailable`]; the password stays as it was then.
    pub async fn change_password(
        &self,
        ctx: &RequestCtx,
        form: PasswordForm,
    ) -> Result<PasswordChanged, Error> {
        let member = ctx.member()?;
        let PasswordChange { current, new } = form.parse(self.settings().password_min_length)?;
        let user = self.own_account(member).await?;
        ctx.still_shows(|| version::of_password(user.password_hash.as_deref()))?;
        let priority = self.admit_proof(ctx, member).await?;
        let salt = rng::bytes(self.inner.rng.as_ref());
        let (name, stored) = (&user.email, user.password_hash.as_deref());
        let verdict = self.inner.hasher.verify(current, name, stored, false, salt, priority).await?;
        if !verdict.matches {
            let tx = self.store().begin().await?;
            return self.refuse_change(tx, ctx, member).await;
        }
        let words = personal_words(&user);
        let hash = self.choose_password("new_password", new, words, priority).await?;
        let (mut tx, locked) = self.begin(ctx).await?;
        // Two changes at once: the second one's "current" password is no longer current.
        if locked.password_hash != user.password_hash {
            return self.refuse_change(tx, ctx, member).await;
        }
        users::set_password_hash(&mut tx, user.id, &hash, ctx.now).await?;
        let token = self.go_on_alone(&mut tx, ctx, member, user.role).await?;
        tx.commit().await?;
        Ok(PasswordChanged { token, version: version::of_password(Some(&hash)) })
    }

    /// Ends all sessions but this one. A browser's gets a new id (ASVS 7.2.4), which a program could not be
    /// told of in between.
    async fn go_on_alone(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        member: &Member,
        role: Role,
    ) -> Result<Option<SessionToken>, Error> {
        let (user, kind) = (member.user, member.kind);
        let (session, token, ended_sessions) = match kind {
            SessionKind::Browser | SessionKind::ApiCookie => {
                let ended = sessions::end_all(tx, user, ctx.now).await?;
                let opening = Opening { user, role, kind, persistent: member.persistent };
                let Opened { session, token } = self.open_session(tx, ctx, &opening).await?;
                (session, Some(token), ended)
            }
            SessionKind::Bearer => {
                (member.session, None, sessions::end_others(tx, user, member.session, ctx.now).await?)
            }
        };
        self.forget_other_devices(tx, ctx, user).await?;
        self.audit(tx, ctx, Some(user), Event::PasswordChanged { session, ended_sessions }).await?;
        Ok(token)
    }

    async fn refuse_change<T>(&self, mut tx: Tx, ctx: &RequestCtx, member: &Member) -> Result<T, Error> {
        self.audit(&mut tx, ctx, Some(member.user), Event::PasswordChangeRefused).await?;
        tx.commit().await?;
        Err(wrong_password())
    }
}

fn personal_words(user: &User) -> Vec<String> {
    let optional = [&user.username, &user.name, &user.first_name, &user.last_name];
    optional.into_iter().flatten().chain([&user.email]).cloned().collect()
}
