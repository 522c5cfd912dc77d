use crate::me::Changes;
use crate::{Accounts, Error, RequestCtx};
use domain::{ProfileForm, ProfileView};
use store::people;
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
    /// [`Error::TooManyTries`] for too many of them, [`Error::Unavailable`]; the profile stays as it was then.
    pub async fn save_profile(&self, ctx: &RequestCtx, form: ProfileForm) -> Result<ProfileView, Error> {
        let member = ctx.member()?;
        let changes = Changes { profile: form.parse()?, ..Changes::default() };
        let user = self.own_account(member).await?;
        self.admit_new_username(ctx, &user, &changes.profile).await?;
        let mut tx = self.store().begin().await?;
        let user = people::lock(&mut tx, member.user).await?.ok_or(Error::SignInNeeded)?;
        let user = self.change(&mut tx, ctx, user, &changes).await?;
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
