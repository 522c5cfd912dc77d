use crate::audit::Event;
use crate::credential::{Lane, Strength};
use crate::session::Opening;
use crate::{Accounts, Error, RequestCtx, SignedIn, Signup, identifier, rng, view};
use domain::{
    Email, FieldError, Name, PlainPassword, Registration, RegistrationForm, Role, SessionKind, UserId,
    UserView, Username, Viewer, display_name,
};
use store::users::{self, NewUser};
use store::{Tx, people};
use time::OffsetDateTime;

/// A registration whose address has a canonical form and whose password was hashed.
pub(crate) struct Ready {
    email: String,
    email_canonical: String,
    username: Option<String>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    password_hash: String,
}

impl Accounts {
    /// Makes an account and signs its owner in, in a session that ends with the browser.
    ///
    /// # Errors
    /// [`Error::SignupClosed`], [`Error::Invalid`], [`Error::Taken`], [`Error::Overloaded`],
    /// [`Error::Unavailable`]; nothing was made then.
    pub async fn sign_up(&self, ctx: &RequestCtx, form: RegistrationForm) -> Result<SignedIn, Error> {
        let (mut tx, viewer) = self.make_account(ctx, &form).await?;
        let opening =
            Opening { user: viewer.id, role: viewer.role, kind: SessionKind::Browser, persistent: false };
        let token = self.replace_session(&mut tx, ctx, &opening).await?;
        let device = self.know_device(&mut tx, ctx, None, viewer.id).await?;
        tx.commit().await?;
        Ok(SignedIn { viewer, token, device: Some(device) })
    }

    /// Makes an account and opens no session, as the API does.
    ///
    /// # Errors
    /// As [`Accounts::sign_up`].
    pub async fn register(&self, ctx: &RequestCtx, form: RegistrationForm) -> Result<UserView, Error> {
        let (mut tx, viewer) = self.make_account(ctx, &form).await?;
        let user = people::lock(&mut tx, viewer.id).await?.ok_or(Error::NotFound)?;
        tx.commit().await?;
        Ok(view::user(user))
    }

    async fn make_account(&self, ctx: &RequestCtx, form: &RegistrationForm) -> Result<(Tx, Viewer), Error> {
        if self.settings().signup == Signup::Closed {
            return Err(Error::SignupClosed);
        }
        let registration = form.parse(self.settings().password_min_length)?;
        self.admit_sign_up(ctx).await?;
        let ready = self.prepare(registration).await?;
        let mut tx = self.store().begin().await?;
        let viewer = self.insert_user(&mut tx, ready, Role::User, ctx.now).await?;
        self.audit(&mut tx, ctx, Some(viewer.id), Event::Registered).await?;
        Ok((tx, viewer))
    }

    /// Hashes before it looks whether the address is taken: known and new cost the same.
    pub(crate) async fn prepare(&self, registration: Registration) -> Result<Ready, Error> {
        let Registration { email, password, username, name, first_name, last_name } = registration;
        let email_canonical = canonical_email(&email)?;
        let own = [Some(email.as_str()), username.as_ref().map(Username::as_str)].into_iter().flatten();
        let names = [&name, &first_name, &last_name].into_iter().flatten().map(Name::as_str);
        let personal = own.chain(names).map(str::to_owned).collect();
        let password_hash = self.choose_password("password", password, personal, Lane::Stranger).await?;
        Ok(Ready {
            email: email.to_string(),
            email_canonical,
            username: username.map(|username| username.to_string()),
            name: name.map(|name| name.to_string()),
            first_name: first_name.map(|name| name.to_string()),
            last_name: last_name.map(|name| name.to_string()),
            password_hash,
        })
    }

    /// Judges and hashes a new password, which is long enough; `personal` are the person's own words.
    pub(crate) async fn choose_password(
        &self,
        field: &'static str,
        password: PlainPassword,
        personal: Vec<String>,
        lane: Lane,
    ) -> Result<String, Error> {
        let strength = Strength { field, min_score: self.settings().password_min_score, personal };
        let salt = rng::bytes(self.inner.rng.as_ref());
        let chosen = self.inner.hasher.choose(password, strength, salt, lane).await?;
        chosen.map_err(|refusal| Error::Invalid(vec![refusal]))
    }

    pub(crate) async fn insert_user(
        &self,
        tx: &mut Tx,
        ready: Ready,
        role: Role,
        at: OffsetDateTime,
    ) -> Result<Viewer, Error> {
        let id = UserId(rng::uuid(self.inner.rng.as_ref(), at));
        let username_canonical = ready.username.as_deref().map(identifier::username);
        let user = NewUser {
            id,
            email: &ready.email,
            email_canonical: &ready.email_canonical,
            username: ready.username.as_deref(),
            username_canonical: username_canonical.as_deref(),
            name: ready.name.as_deref(),
            first_name: ready.first_name.as_deref(),
            last_name: ready.last_name.as_deref(),
            role,
            password_hash: &ready.password_hash,
            at,
        };
        users::insert(tx, &user).await?;
        let name =
            display_name(ready.name.as_deref(), ready.first_name.as_deref(), ready.last_name.as_deref());
        Ok(Viewer { id, email: ready.email, name, role })
    }
}

/// The unique form of an address, or the refusal of the field.
pub(crate) fn canonical_email(email: &Email) -> Result<String, Error> {
    identifier::email(email.as_str()).ok_or_else(|| {
        let message = "Enter an email address like name@example.com.";
        vec![FieldError::new("email", "invalid", message)].into()
    })
}
