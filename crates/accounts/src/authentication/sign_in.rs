use crate::audit::Event;
use crate::authentication::throttle::Admitted;
use crate::credential::SessionToken;
use crate::session::{Opened, Opening};
use crate::{Accounts, Caller, Error, RequestCtx, SignedIn, account::identifier, rng};
use domain::{Identifier, PlainPassword, SessionKind, SignIn, SignInForm, UserId, Viewer, display_name};
use store::Tx;
use store::users::{self, User};

/// Somebody who has proven a password: their account, its row locked in the transaction that is to open a session.
pub(crate) struct Proven {
    pub(crate) tx: Tx,
    pub(crate) user: User,
    pub(crate) admitted: Admitted,
}

impl Accounts {
    /// Signs somebody in under a new session id; a session that this browser had before ends.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::WrongCredentials`], [`Error::Overloaded`], [`Error::Unavailable`].
    pub async fn sign_in(&self, ctx: &RequestCtx, form: SignInForm) -> Result<SignedIn, Error> {
        let SignIn { identifier, password, remember } = form.parse()?;
        let Proven { mut tx, user, admitted } = self.prove(ctx, &identifier, password).await?;
        let opening =
            Opening { user: user.id, role: user.role, kind: SessionKind::Browser, persistent: remember };
        let token = self.replace_session(&mut tx, ctx, &opening).await?;
        let device = self.know_device(&mut tx, ctx, Some(&admitted), user.id).await?;
        tx.commit().await?;
        self.forgive(&admitted).await;
        Ok(SignedIn { viewer: viewer(&user), token, device: Some(device) })
    }

    /// Whose password this is.
    ///
    /// Unknown name, wrong password, disabled account and account without a password go the same way:
    /// one look-up, one hash, one audit row, one answer (P1, P2).
    pub(crate) async fn prove(
        &self,
        ctx: &RequestCtx,
        identifier: &Identifier,
        password: PlainPassword,
    ) -> Result<Proven, Error> {
        let name = identifier::canonical(identifier);
        let user = self.find(&name).await?;
        let admitted = self.admit_sign_in(ctx, &name, user.as_ref()).await?;
        let stored = user.as_ref().and_then(|user| user.password_hash.as_deref());
        let salt = rng::bytes(self.inner.rng.as_ref());
        // What must not be looked at costs what it always does, and comes to nothing.
        let active = user.as_ref().is_some_and(|user| user.is_active) && admitted.is_looked_at();
        let priority = admitted.priority();
        let verdict = self.inner.hasher.verify(password, name.as_str(), stored, active, salt, priority).await;
        if matches!(verdict, Err(Error::Overloaded)) {
            self.give_back(ctx, &admitted).await;
        }
        let verdict = verdict?;
        let mut tx = self.store().begin().await?;
        let proven = verdict.matches && active;
        let user = match user {
            Some(user) if proven => user,
            known => return self.refuse(tx, ctx, known.map(|user| user.id), &admitted).await,
        };
        // Locked and compared: a password changed, or an account disabled, while we hashed counts.
        if users::lock_password_hash(&mut tx, user.id).await? != user.password_hash {
            return self.refuse(tx, ctx, Some(user.id), &admitted).await;
        }
        if let (Some(old), Some(new)) = (&user.password_hash, &verdict.rehashed) {
            users::rehash(&mut tx, user.id, old, new).await?;
        }
        Ok(Proven { tx, user, admitted })
    }

    async fn find(&self, canonical: &Identifier) -> Result<Option<User>, Error> {
        Ok(match canonical {
            Identifier::Email(address) => users::by_email(self.store(), address).await?,
            Identifier::Username(name) => users::by_username(self.store(), name).await?,
        })
    }

    async fn refuse<T>(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        user: Option<UserId>,
        admitted: &Admitted,
    ) -> Result<T, Error> {
        // Whoever tries is a stranger to this account, whatever other session they hold.
        let ctx = RequestCtx { caller: Caller::Stranger, ..ctx.clone() };
        self.audit(&mut tx, &ctx, user, Event::SignInFailed).await?;
        tx.commit().await?;
        Err(admitted.refusal())
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
