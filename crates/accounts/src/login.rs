use crate::audit::Event;
use crate::credential::SessionToken;
use crate::session::{Opened, Opening};
use crate::{Accounts, Caller, Error, RequestCtx, SignedIn, identifier, rng};
use domain::{Identifier, SignIn, SignInForm, Viewer, display_name};
use store::Tx;
use store::users::{self, User};

impl Accounts {
    /// Signs somebody in under a new session id; a session that this browser had before ends.
    ///
    /// Unknown name, wrong password, disabled account and account without a password go the same way:
    /// one look-up, one hash, one audit row, one answer (P1, P2).
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCredentials`], [`Error::Overloaded`], [`Error::Unavailable`].
    pub async fn sign_in(&self, ctx: &RequestCtx, form: SignInForm) -> Result<SignedIn, Error> {
        let SignIn { identifier, password, remember } = form.parse()?;
        let name = canonical(&identifier);
        let user = self.find(&identifier, &name).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let salt = rng::bytes(self.inner.rng.as_ref());
        let active = user.as_ref().is_some_and(|user| user.is_active);
        let verdict = self.inner.hasher.verify(password, &name, stored, active, salt).await?;
        let mut tx = self.store().begin().await?;
        let Some(user) = user.as_ref().filter(|_| verdict.matches && active) else {
            return self.refuse(tx, ctx, user.as_ref()).await;
        };
        // Locked and compared: a password changed, or an account disabled, while we hashed counts.
        if users::lock_password_hash(&mut tx, user.id).await? != user.password_hash {
            return self.refuse(tx, ctx, Some(user)).await;
        }
        if let (Some(old), Some(new)) = (&user.password_hash, &verdict.rehashed) {
            users::rehash(&mut tx, user.id, old, new).await?;
        }
        let opening = Opening { user: user.id, role: user.role, persistent: remember };
        let token = self.replace_session(&mut tx, ctx, &opening).await?;
        tx.commit().await?;
        Ok(SignedIn { viewer: viewer(user), token })
    }

    async fn find(&self, identifier: &Identifier, name: &str) -> Result<Option<User>, Error> {
        Ok(match identifier {
            Identifier::Email(_) => users::by_email(self.store(), name).await?,
            Identifier::Username(_) => users::by_username(self.store(), name).await?,
        })
    }

    async fn refuse(&self, mut tx: Tx, ctx: &RequestCtx, user: Option<&User>) -> Result<SignedIn, Error> {
        self.audit(&mut tx, ctx, user.map(|user| user.id), Event::SignInFailed).await?;
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

/// A name without a canonical form is nobody's; the look-up is made all the same.
fn canonical(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Email(typed) => identifier::email(typed).unwrap_or_default(),
        Identifier::Username(typed) => identifier::username(typed),
    }
}

fn viewer(user: &User) -> Viewer {
    let name = display_name(user.name.as_deref(), user.first_name.as_deref(), user.last_name.as_deref());
    Viewer { id: user.id, email: user.email.clone(), name, role: user.role }
}
