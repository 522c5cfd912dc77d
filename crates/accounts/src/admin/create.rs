use super::link::PrintedLink;
use crate::account::register::PreparedAccount;
use crate::audit::Event;
use crate::one_time::NewToken;
use crate::{Accounts, Error, RequestCtx, rng};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Purpose, RawPassword, RegistrationForm, Role, UserId};
use store::{Tx, users};

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
        let prepared = self.prepare_admin(admin).await?;
        let mut tx = self.store().begin().await?;
        self.insert_admin(&mut tx, &ctx, &prepared).await?;
        Ok(tx.commit().await?)
    }

    /// The same for an admin who chooses a password by a link, which ends soon: nobody learns the one until then.
    ///
    /// # Errors
    /// [`Error::MailOff`] without encryption keys, and as [`Accounts::create_admin`]; nothing was made then.
    pub async fn create_admin_by_link(&self, email: String) -> Result<PrintedLink, Error> {
        let ctx = RequestCtx::command_line(self.now());
        let prepared = self.prepare_admin(NewAdmin { email, password: self.random_password() }).await?;
        let mut tx = self.store().begin().await?;
        let id = self.insert_admin(&mut tx, &ctx, &prepared).await?;
        let new = NewToken { purpose: Purpose::Reset, user: Some(id), email: &prepared.email, detail: None };
        let token = self.mint(&mut tx, &new, self.inner.database_clock.time(ctx.now)).await?;
        let made = Event::LinkMade { purpose: Purpose::Reset.as_str() };
        self.audit(&mut tx, &ctx, Some(id), made).await?;
        let link = self.printed(&mut tx, &ctx, &token, Purpose::Reset).await?;
        tx.commit().await?;
        Ok(link)
    }

    async fn prepare_admin(&self, NewAdmin { email, password }: NewAdmin) -> Result<PreparedAccount, Error> {
        let form = RegistrationForm { email, password, ..RegistrationForm::default() };
        self.prepare(form.parse(self.settings().password_min_length)?).await
    }

    async fn insert_admin(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        prepared: &PreparedAccount,
    ) -> Result<UserId, Error> {
        let id = self.insert_user(tx, prepared, Role::Admin, ctx.now).await?.id;
        users::set_email_verified(tx, id, ctx.now).await?;
        self.audit(tx, ctx, Some(id), Event::AdminCreated).await?;
        Ok(id)
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
