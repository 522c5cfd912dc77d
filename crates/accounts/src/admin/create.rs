use crate::audit::Event;
use crate::{Accounts, Error, RequestCtx, rng};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{RawPassword, RegistrationForm, Role};
use store::users;

/// An account to be made from the command line.
#[derive(Debug)]
pub struct NewAdmin {
    /// The address to sign in with.
    pub email: String,
    /// The password; the same rules hold as at sign-up.
    pub password: RawPassword,
}

impl Accounts {
    /// Whether any active admin exists who can sign in.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn admin_exists(&self) -> Result<bool, Error> {
        Ok(users::admin_exists(self.store()).await?)
    }

    /// Makes an admin; for whoever can run commands on the server, not for requests. They vouch for the address: it
    /// counts as proven.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Taken`], [`Error::Unavailable`]; nothing was made then.
    pub async fn create_admin(&self, admin: NewAdmin) -> Result<(), Error> {
        let ctx = RequestCtx::command_line(self.now());
        let form =
            RegistrationForm { email: admin.email, password: admin.password, ..RegistrationForm::default() };
        let prepared = self.prepare(form.parse(self.settings().password_min_length)?).await?;
        let mut tx = self.store().begin().await?;
        let id = self.insert_user(&mut tx, &prepared, Role::Admin, ctx.now).await?.id;
        users::set_email_verified(&mut tx, id, ctx.now).await?;
        self.audit(&mut tx, &ctx, Some(id), Event::AdminCreated).await?;
        Ok(tx.commit().await?)
    }

    /// A password nobody can guess: 144 random bits, and more where the owner asks for longer ones.
    #[must_use]
    pub fn random_password(&self) -> RawPassword {
        let mut text = String::new();
        while text.is_empty() || text.len() < self.settings().password_min_length {
            text += &URL_SAFE_NO_PAD.encode(rng::bytes::<18>(self.inner.rng.as_ref()));
        }
        text.truncate(domain::PASSWORD_MAX);
        text.into()
    }
}
