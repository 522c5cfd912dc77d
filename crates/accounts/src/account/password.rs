use crate::audit::Event;
use crate::mail::Notice;
use crate::{Accounts, Error, RequestCtx, SessionToken, version};
use domain::{PasswordChange, PasswordForm, Profile};
use store::users;

/// A password was changed.
#[derive(Debug)]
pub struct PasswordChanged {
    /// For the cookie of a browser's new session.
    pub token: Option<SessionToken>,
    /// The version of the new password.
    pub version: String,
}

impl Accounts {
    /// Changes the caller's password, ends every other session and forgets every other known device. A browser gets a
    /// new session and its token; a program keeps its tokens.
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
        ctx.check_version(|| version::of_password(user.password_hash.as_deref()))?;
        let refusal = Event::PasswordChangeRefused;
        let stepped_up = self.step_up(ctx, user, Some(current), refusal).await?;
        let words = personal_words(&stepped_up.user.email, &stepped_up.user.profile);
        let hash = self.choose_password("new_password", new, words, stepped_up.priority).await?;
        let (mut tx, locked) = self.begin(ctx).await?;
        // Two changes at once: the second one's "current" password is no longer current.
        if let Err(wrong_password) = stepped_up.holds(&locked) {
            self.audit(&mut tx, ctx, Some(locked.id), refusal).await?;
            tx.commit().await?;
            return Err(wrong_password);
        }
        users::set_password_hash(&mut tx, locked.id, &hash, ctx.now).await?;
        let (session, token, ended_sessions) =
            self.keep_only_this_session(&mut tx, ctx, member, locked.role, &stepped_up.proofs).await?;
        self.audit(&mut tx, ctx, Some(locked.id), Event::PasswordChanged { session, ended_sessions }).await?;
        self.notify(&mut tx, ctx, &locked, Notice::PasswordChanged).await?;
        tx.commit().await?;
        Ok(PasswordChanged { token, version: version::of_password(Some(&hash)) })
    }
}

/// What somebody who knows the person would guess first.
pub(crate) fn personal_words(email: &str, profile: &Profile) -> Vec<String> {
    let Profile { username, name, first_name, last_name, .. } = profile;
    let optional = [username, name, first_name, last_name].into_iter().flatten().cloned();
    optional.chain([email.to_owned()]).collect()
}
