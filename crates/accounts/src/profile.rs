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

/// What to call somebody: the name, else first and last name, else nothing.
pub(crate) fn display_name(
    name: Option<String>,
    first: Option<String>,
    last: Option<String>,
) -> Option<String> {
    name.or_else(|| {
        let parts: Vec<String> = [first, last].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::display_name;

    #[test]
    fn a_name_falls_back_to_first_and_last() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(display_name(some("Ana"), some("A"), some("B")), some("Ana"));
        assert_eq!(display_name(None, some("A"), some("B")), some("A B"));
        assert_eq!(display_name(None, None, some("B")), some("B"));
        assert_eq!(display_name(None, None, None), None);
    }
}
