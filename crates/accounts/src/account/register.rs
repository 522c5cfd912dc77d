use crate::account::password::personal_words;
use crate::audit::Event;
use crate::authentication::attempt::ProvenAttempt;
use crate::authentication::establish::Transport;
use crate::credential::Priority;
use crate::identifier::Address;
use crate::{Accounts, Error, Field, RequestCtx, SignedIn, Signup, identifier, rng, view};
use domain::{
    Email, Factor, FieldError, FormReason, Profile, Reason, Registration, RegistrationForm, Role, UserId,
    UserView,
};
use store::Tx;
use store::sessions::Proof;
use store::users::{self, NewUser, User};
use time::OffsetDateTime;

/// A registration whose address has a canonical form and whose password was hashed.
pub(crate) struct PreparedAccount {
    pub(crate) email: Address,
    profile: Profile,
    password_hash: String,
}

impl Accounts {
    /// Makes an account and signs its owner in, in a session that ends with the browser.
    ///
    /// # Errors
    /// [`Error::SignupClosed`], [`Error::Invalid`], [`Error::Taken`], [`Error::Overloaded`],
    /// [`Error::Unavailable`]; nothing was made then.
    pub async fn sign_up(&self, ctx: &RequestCtx, form: RegistrationForm) -> Result<SignedIn, Error> {
        let (tx, user) = self.make_account(ctx, &form).await?;
        let proofs = vec![Proof { factor: Factor::Password, at: ctx.now }];
        let attempt = ProvenAttempt { tx, user, proofs, admitted: None };
        self.establish(ctx, attempt, Transport::Browser { persistent: false }).await.map(SignedIn::from)
    }

    /// Makes an account and opens no session, as the API does.
    ///
    /// # Errors
    /// As [`Accounts::sign_up`].
    pub async fn register(&self, ctx: &RequestCtx, form: RegistrationForm) -> Result<UserView, Error> {
        let (tx, user) = self.make_account(ctx, &form).await?;
        tx.commit().await?;
        Ok(view::user(user))
    }

    async fn make_account(&self, ctx: &RequestCtx, form: &RegistrationForm) -> Result<(Tx, User), Error> {
        if self.settings().signup == Signup::Closed {
            return Err(Error::SignupClosed);
        }
        let registration = form.parse(self.settings().password_min_length)?;
        self.check_reserved(registration.profile.username.as_deref())?;
        self.admit_sign_up(ctx).await?;
        let prepared = self.prepare(registration).await?;
        let address = prepared.email.canonical.clone();
        let mut tx = self.store().begin().await?;
        let user = match self.insert_user(&mut tx, prepared, Role::User, ctx.now).await {
            Err(Error::Taken(Field::Email)) => return self.tell_taken(tx, ctx, &address).await,
            made => made?,
        };
        self.audit(&mut tx, ctx, Some(user.id), Event::Registered).await?;
        Ok((tx, user))
    }

    /// Answers that an address has an account, and records it: the owner finds it in their activity.
    pub(crate) async fn tell_taken<T>(&self, tx: Tx, ctx: &RequestCtx, address: &str) -> Result<T, Error> {
        tx.rollback().await?;
        let owner = users::by_email(self.store(), address).await?.map(|owner| owner.id);
        let mut tx = self.store().begin().await?;
        self.audit(&mut tx, ctx, owner, Event::AddressTaken).await?;
        tx.commit().await?;
        Err(Error::Taken(Field::Email))
    }

    /// The username is checked before the address: whoever sends a username that they know to be taken learns nothing
    /// about the address.
    pub(crate) async fn check_taken(
        &self,
        tx: &mut Tx,
        username: Option<&str>,
        except: UserId,
    ) -> Result<(), Error> {
        let Some(username) = username else { return Ok(()) };
        let taken = users::username_is_taken(tx, username, except).await?;
        if taken { Err(Error::Taken(Field::Username)) } else { Ok(()) }
    }

    /// Hashes before it checks whether the address is taken: a known address costs what a new one does.
    pub(crate) async fn prepare(&self, registration: Registration) -> Result<PreparedAccount, Error> {
        let Registration { email, password, profile } = registration;
        let address = reachable(&email)?;
        let personal = personal_words(email.as_str(), &profile);
        let password_hash = self.choose_password("password", password, personal, Priority::Stranger).await?;
        Ok(PreparedAccount { email: address, profile, password_hash })
    }

    pub(crate) async fn insert_user(
        &self,
        tx: &mut Tx,
        prepared: PreparedAccount,
        role: Role,
        at: OffsetDateTime,
    ) -> Result<User, Error> {
        let id = UserId(rng::uuid(self.inner.rng.as_ref(), at));
        let username_canonical = prepared.profile.username.as_deref().map(identifier::username);
        let user = NewUser {
            id,
            email: &prepared.email.shown,
            email_canonical: &prepared.email.canonical,
            username_canonical: username_canonical.as_deref(),
            profile: &prepared.profile,
            role,
            password_hash: &prepared.password_hash,
            at,
        };
        self.check_taken(tx, username_canonical.as_deref(), id).await?;
        Ok(users::insert(tx, &user).await?)
    }
}

/// An address as typed and in its canonical form, or the refusal of the field.
pub(crate) fn reachable(email: &Email) -> Result<Address, Error> {
    let refusal = || FieldError::<Reason>::new("email", FormReason::EmailInvalid).into();
    identifier::address(email.as_str()).ok_or_else(refusal)
}
