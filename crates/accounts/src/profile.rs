use crate::audit::Event;
use crate::{Accounts, Error, RequestCtx, identifier};
use domain::{Change, ProfileForm, ProfileView};
use store::users::{self, User};

impl Accounts {
    /// The caller's own profile.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn profile(&self, ctx: &RequestCtx) -> Result<ProfileView, Error> {
        let member = ctx.member()?;
        let user = users::by_id(self.store(), member.user).await?.ok_or(Error::SignInNeeded)?;
        Ok(view(user))
    }

    /// Changes the given fields of the caller's own profile.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`], [`Error::Taken`] for a username that somebody has,
    /// [`Error::Unavailable`]; the profile stays as it was then.
    pub async fn save_profile(&self, ctx: &RequestCtx, form: ProfileForm) -> Result<ProfileView, Error> {
        let member = ctx.member()?;
        let change = form.parse()?;
        let canonical = match &change.username {
            Change::Set(username) => Some(identifier::username(username.as_str())),
            Change::Keep | Change::Clear => None,
        };
        let mut tx = self.store().begin().await?;
        let user =
            users::update_profile(&mut tx, member.user, &change, canonical.as_deref(), ctx.now).await?;
        let user = user.ok_or(Error::SignInNeeded)?;
        self.audit(&mut tx, ctx, Some(user.id), Event::ProfileChanged).await?;
        tx.commit().await?;
        Ok(view(user))
    }
}

fn view(user: User) -> ProfileView {
    ProfileView {
        email: user.email,
        username: user.username,
        name: user.name,
        first_name: user.first_name,
        last_name: user.last_name,
        bio: user.bio,
        role: user.role,
    }
}
