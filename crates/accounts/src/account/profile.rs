use crate::account::me::Changes;
use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx, version};
use domain::{ProfileForm, ProfileView};
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
            // After a double click the second request finds what the first one saved.
            return if changes.profile.is_made_in(&user.profile) { Ok(view(user)) } else { Err(stale) };
        }
        let user = self.change(&mut tx, ctx, user, &changes).await?;
        tx.commit().await?;
        Ok(view(user))
    }
}

fn view(user: User) -> ProfileView {
    ProfileView {
        version: version::of_profile(&user),
        password_version: version::of_password(user.password_hash.as_deref()),
        email: user.email,
        email_unproven: !user.email_verified,
        created_at: Some(timestamp(user.created_at)),
        profile: user.profile,
        role: user.role,
    }
}
