use crate::account::password::personal_words;
use crate::account::repeat::form_hash;
use crate::audit::Event;
use crate::authentication::attempt::ProvenAttempt;
use crate::authentication::establish::{Goal, Transport};
use crate::authentication::throttle::Earned;
use crate::credential::Priority;
use crate::identifier::Address;
use crate::mail::Mail;
use crate::{Accounts, Error, Field, RequestCtx, SignedIn, Signup, identifier, policy, rng, view};
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
    pub(crate) profile: Profile,
    pub(crate) password_hash: String,
    /// Of the form that makes it: whoever sends it again is recognised.
    pub(crate) sign_up_hash: Option<[u8; 32]>,
}

impl Accounts {
    /// Makes an account and signs its owner in, in a session that ends with the browser. Only where sign-up is open. The
    /// same form, sent again because its answer was lost, signs in to the account that it has made.
    ///
    /// # Errors
    /// [`Error::SignupClosed`], [`Error::Invalid`], [`Error::Taken`], [`Error::Overloaded`],
    /// [`Error::Unavailable`]; nothing was made then.
    pub async fn sign_up(&self, ctx: &RequestCtx, form: RegistrationForm) -> Result<SignedIn, Error> {
        let transport = Transport::Browser { persistent: false };
        let Some((tx, user)) = self.make_account(ctx, &form).await? else {
            let attempt = self.prove_again(ctx, &form).await?;
            return self.proceed(ctx, attempt, &Goal::of(transport)).await.map(SignedIn::from);
        };
        let proofs = vec![Proof { factor: Factor::Password, at: ctx.now }];
        let attempt = ProvenAttempt { tx, user, proofs, earned: Earned::default(), is_unfamiliar: false };
        self.establish(ctx, attempt, transport).await.map(SignedIn::from)
    }

    /// Makes an account and opens no session, as the API does; none where a mail says how to go on.
    ///
    /// # Errors
    /// As [`Accounts::begin_sign_up`].
    pub async fn register(
        &self,
        ctx: &RequestCtx,
        form: RegistrationForm,
    ) -> Result<Option<UserView>, Error> {
        if self.settings().signup == Signup::Verify {
            self.ask_to_sign_up(ctx, &form, None).await?;
            return Ok(None);
        }
        let made = self.make_account(ctx, &form).await?;
        let (tx, user) = made.ok_or(Error::Taken(Field::Email))?;
        tx.commit().await?;
        Ok(Some(view::user(user)))
    }

    /// None for a form that has made its account already.
    async fn make_account(
        &self,
        ctx: &RequestCtx,
        form: &RegistrationForm,
    ) -> Result<Option<(Tx, User)>, Error> {
        if self.settings().signup != Signup::Open {
            return Err(Error::SignupClosed);
        }
        let registration = form.parse(self.settings().password_min_length)?;
        self.check_reserved(registration.profile.username.as_deref())?;
        self.admit_sign_up(ctx).await?;
        let mut prepared = self.prepare(registration).await?;
        prepared.sign_up_hash = form_hash(&ctx.client, form);
        let mut tx = self.store().begin().await?;
        let user = match self.insert_user(&mut tx, &prepared, Role::User, ctx.now).await {
            Err(Error::Taken(Field::Email)) => {
                tx.rollback().await?;
                let repeated = self.is_repeat(ctx, &prepared).await?;
                return if repeated {
                    Ok(None)
                } else {
                    self.refuse_taken(ctx, &prepared.email.canonical).await
                };
            }
            made => made?,
        };
        self.audit(&mut tx, ctx, Some(user.id), Event::Registered).await?;
        self.enqueue(&mut tx, ctx, &Mail::Verify { user: user.id }).await?;
        Ok(Some((tx, user)))
    }

    /// Answers that an address has an account, and records it: the owner finds it in their activity.
    pub(crate) async fn tell_taken<T>(&self, tx: Tx, ctx: &RequestCtx, address: &str) -> Result<T, Error> {
        tx.rollback().await?;
        self.refuse_taken(ctx, address).await
    }

    async fn refuse_taken<T>(&self, ctx: &RequestCtx, address: &str) -> Result<T, Error> {
        let owner = users::by_email(self.store(), address).await?.map(|owner| owner.id);
        let mut tx = self.store().begin().await?;
        // Whoever tries is a stranger to this account, even where they have one of their own.
        self.audit(&mut tx, &ctx.as_stranger(), owner, Event::AddressTaken).await?;
        tx.commit().await?;
        Err(Error::Taken(Field::Email))
    }

    /// Whether the same form has made the account just now.
    async fn is_repeat(&self, ctx: &RequestCtx, prepared: &PreparedAccount) -> Result<bool, Error> {
        let Some(hash) = &prepared.sign_up_hash else { return Ok(false) };
        let since = ctx.now - policy::SIGN_UP_REPEATS;
        Ok(users::was_made_by(self.store(), &prepared.email.canonical, hash, since).await?)
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
        Ok(PreparedAccount { email: address, profile, password_hash, sign_up_hash: None })
    }

    pub(crate) async fn insert_user(
        &self,
        tx: &mut Tx,
        prepared: &PreparedAccount,
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
            sign_up_hash: prepared.sign_up_hash.as_ref().map(<[u8; 32]>::as_slice),
            at,
        };
        self.check_taken(tx, username_canonical.as_deref(), id).await?;
        let made = users::insert(tx, &user).await?;
        self.check_kept(tx, &prepared.email.canonical, id, at).await?;
        Ok(made)
    }
}

/// A new address as typed and in its canonical form, or the refusal of the field.
pub(crate) fn reachable(email: &Email) -> Result<Address, Error> {
    identifier::new_address(email.as_str()).ok_or_else(refusal)
}

/// The same of one that may be here already, as an older version stored it.
pub(crate) fn stored(email: &Email) -> Result<Address, Error> {
    identifier::address(email.as_str()).ok_or_else(refusal)
}

fn refusal() -> Error {
    FieldError::<Reason>::new("email", FormReason::EmailInvalid).into()
}
