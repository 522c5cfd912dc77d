use crate::audit::Event;
use crate::credential::SessionToken;
use crate::session::{Opened, Opening};
use crate::{Accounts, Caller, Error, RequestCtx, SignedIn, identifier, rng};
use domain::{Identifier, PlainPassword, SessionKind, SignIn, SignInForm, UserId, Viewer, display_name};
use store::Tx;
use store::users::{self, User};

impl Accounts {
    /// Signs somebody in under a new session id; a session that this browser had before ends.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCredentials`], [`Error::Overloaded`], [`Error::Unavailable`].
    pub async fn sign_in(&self, ctx: &RequestCtx, form: SignInForm) -> Result<SignedIn, Error> {
        let SignIn { identifier, password, remember } = form.parse()?;
        let (mut tx, user) = self.prove(ctx, &identifier, password).await?;
        let opening =
            Opening { user: user.id, role: user.role, kind: SessionKind::Browser, persistent: remember };
        let token = self.replace_session(&mut tx, ctx, &opening).await?;
        tx.commit().await?;
        Ok(SignedIn { viewer: viewer(&user), token })
    }

    /// Whose password this is: the account, its row locked in the transaction that is to open a session.
    ///
    /// Unknown name, wrong password, disabled account and account without a password go the same way:
    /// one look-up, one hash, one audit row, one answer (P1, P2).
    pub(crate) async fn prove(
        &self,
        ctx: &RequestCtx,
        identifier: &Identifier,
        password: PlainPassword,
    ) -> Result<(Tx, User), Error> {
        let user = self.find(identifier).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let salt = rng::bytes(self.inner.rng.as_ref());
        let active = user.as_ref().is_some_and(|user| user.is_active);
        let verdict = self.inner.hasher.verify(password, stored, active, salt).await?;
        let mut tx = self.store().begin().await?;
        let proven = verdict.matches && active;
        let user = match user {
            Some(user) if proven => user,
            known => return self.refuse(tx, ctx, known.map(|user| user.id)).await,
        };
        // Locked and compared: a password changed, or an account disabled, while we hashed counts.
        if users::lock_password_hash(&mut tx, user.id).await? != user.password_hash {
            return self.refuse(tx, ctx, Some(user.id)).await;
        }
        if let (Some(old), Some(new)) = (&user.password_hash, &verdict.rehashed) {
            users::rehash(&mut tx, user.id, old, new).await?;
        }
        Ok((tx, user))
    }

    async fn find(&self, identifier: &Identifier) -> Result<Option<User>, Error> {
        let found = match identifier {
            // A name without a canonical form is nobody's; the look-up is made all the same.
            Identifier::Email(typed) => {
                users::by_email(self.store(), &identifier::email(typed).unwrap_or_default()).await?
            }
            Identifier::Username(typed) => {
                users::by_username(self.store(), &identifier::username(typed)).await?
            }
        };
        Ok(found)
    }

    async fn refuse<T>(&self, mut tx: Tx, ctx: &RequestCtx, user: Option<UserId>) -> Result<T, Error> {
        self.audit(&mut tx, ctx, user, Event::SignInFailed).await?;
        tx.commit().await?;
        Err(Error::WrongCredentials)
    }

    /// Opens a session in place of the one that this browser had, if any.
    pub(crate) async fn replace_session(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        opening: &Opening,
    ) -> Result<SessionToken, Error> {
        if let Caller::Member(member) = &ctx.caller {
            self.end_session(tx, ctx, member).await?;
        }
        let Opened { session, token } = self.open_session(tx, ctx, opening).await?;
        self.audit(tx, ctx, Some(opening.user), Event::SignedIn { session }).await?;
        Ok(token)
    }
}

fn viewer(user: &User) -> Viewer {
    let name = display_name(user.name.as_deref(), user.first_name.as_deref(), user.last_name.as_deref());
    Viewer { id: user.id, email: user.email.clone(), name, role: user.role }
}
