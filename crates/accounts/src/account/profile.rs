use crate::account::me::Changes;
use crate::{Accounts, Error, RequestCtx, account::version};
use domain::{Change, Name, ProfileChange, ProfileForm, ProfileView, Username};
use store::users::User;

impl Accounts {
    /// The caller's own profile.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn profile(&self, ctx: &RequestCtx) -> Result<ProfileView, Error> {
        self.own_account(ctx.member()?).await.map(view)
    }

    /// Changes the given fields of the caller's own profile.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`], [`Error::Taken`] for a username that somebody has,
    /// [`Error::TooManyTries`] for too many of them, [`Error::ChangedMeanwhile`], [`Error::Unavailable`]; the profile stays as it was then.
    pub async fn save_profile(&self, ctx: &RequestCtx, form: ProfileForm) -> Result<ProfileView, Error> {
        let member = ctx.member()?;
        let changes = Changes { profile: form.parse()?, ..Changes::default() };
        let user = self.own_account(member).await?;
        self.check_new_username(&user, &changes.profile)?;
        self.admit_new_username(ctx, &user, &changes.profile).await?;
        let (mut tx, user) = self.begin(ctx).await?;
        if let Err(stale) = ctx.check_version(|| version::of_profile(&user)) {
            tx.rollback().await?;
            // After a double click the second one finds what the first one saved.
            return if holds(&user, &changes.profile) { Ok(view(user)) } else { Err(stale) };
        }
        let user = self.change(&mut tx, ctx, user, &changes).await?;
        tx.commit().await?;
        Ok(view(user))
    }
}

/// Whether an account is already as a change would make it.
fn holds(user: &User, change: &ProfileChange) -> bool {
    let line = |stored: &Option<String>, change| is(stored.as_deref(), change, Name::as_str);
    line(&user.name, &change.name)
        && line(&user.first_name, &change.first_name)
        && line(&user.last_name, &change.last_name)
        && is(user.username.as_deref(), &change.username, Username::as_str)
        && line(&user.bio, &change.bio)
}

fn is<T>(stored: Option<&str>, change: &Change<T>, text: fn(&T) -> &str) -> bool {
    match change {
        Change::Keep => true,
        Change::Clear => stored.is_none(),
        Change::Set(value) => stored == Some(text(value)),
    }
}

fn view(user: User) -> ProfileView {
    ProfileView {
        version: version::of_profile(&user),
        password_version: version::of_password(user.password_hash.as_deref()),
        email: user.email,
        username: user.username,
        name: user.name,
        first_name: user.first_name,
        last_name: user.last_name,
        bio: user.bio,
        role: user.role,
    }
}
