//! Step-up: proving factors again before anything that a thief of a session must not do.

use crate::audit::{Event, FactorAt};
use crate::authentication::establish::NewSession;
use crate::authentication::factor::{self, Asked};
use crate::authentication::throttle::Earned;
use crate::credential::{Priority, SessionToken};
use crate::{Accounts, Error, Member, RequestCtx, policy};
use domain::{
    ConfirmForm, ConfirmView, Factor, FactorSignInForm, FieldError, PlainPassword, Reason, Role, SessionId,
    SessionKind,
};
use store::Tx;
use store::factors::{self, totp};
use store::sessions::{self, Proof};
use store::users::User;

/// The account of somebody who has just shown again that it is theirs. No `Debug`: it holds a hash.
pub(crate) struct SteppedUp {
    pub(crate) user: User,
    /// The factors that they have proven by now.
    pub(crate) proofs: Vec<Proof>,
    /// Their priority when another password of theirs waits for a core.
    pub(crate) priority: Priority,
    by_password: bool,
}

impl Accounts {
    /// Shows again that the account is the caller's: for some minutes their session may do what needs that. A browser's
    /// session gets a new id, whose token is returned: a copy of the old one opens nothing (ASVS 7.2.4).
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong password), [`Error::Reauthenticate`] where the
    /// password is not enough, [`Error::TooManyTries`], [`Error::Overloaded`], [`Error::Unavailable`].
    pub async fn confirm(&self, ctx: &RequestCtx, form: ConfirmForm) -> Result<Option<SessionToken>, Error> {
        let member = ctx.signed_in()?;
        let password = form.parse()?;
        let user = self.own_account(member).await?;
        let stepped_up = self.step_up(ctx, user, Some(password), Event::ReauthenticationRefused).await?;
        let (tx, locked) = self.begin_unproven(ctx).await?;
        stepped_up.holds(&locked)?;
        self.confirmed(tx, ctx, &locked, &stepped_up.proofs).await
    }

    /// The same by a code that was mailed.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong code), [`Error::Reauthenticate`] where that is not
    /// enough, [`Error::TooManyTries`], [`Error::MailOff`], [`Error::Unavailable`].
    pub async fn confirm_by_code(
        &self,
        ctx: &RequestCtx,
        form: ConfirmForm,
    ) -> Result<Option<SessionToken>, Error> {
        let factors = ctx.signed_in()?.factors.clone();
        let (mut tx, locked) = self.prove_own_email_code(ctx, &form.parse_code()?).await?;
        let proofs = factor::with(factors, Proof { factor: Factor::EmailCode, at: ctx.now });
        need_recent(&self.enrolled_in(&mut tx, &locked).await?, &proofs, ctx)?;
        self.confirmed(tx, ctx, &locked, &proofs).await
    }

    /// The same by a second factor, which is asked for wherever there is one.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`], [`Error::FactorRefused`], [`Error::PasskeyRefused`],
    /// [`Error::TooManyTries`], [`Error::Unavailable`].
    pub async fn confirm_by_factor(
        &self,
        ctx: &RequestCtx,
        form: FactorSignInForm,
    ) -> Result<Option<SessionToken>, Error> {
        let member = ctx.signed_in()?;
        let code = form.parse()?;
        self.admit_factor(ctx, member.user, &code).await?;
        let forgives = self.count_in_a_row(ctx, member.user, &code).await?;
        let (mut tx, locked) = self.begin_unproven(ctx).await?;
        let asked = Asked::to_confirm(&member.session);
        let Some(proof) = self.prove_factor(&mut tx, ctx, &locked, (&code, asked)).await? else {
            return self.refuse_factor(tx, ctx, &locked, (&code, FactorAt::StepUp)).await;
        };
        let token = self.confirmed(tx, ctx, &locked, &factor::with(member.factors.clone(), proof)).await?;
        self.forgive(ctx, &Earned { forgives, ..Earned::default() }).await;
        Ok(token)
    }

    async fn confirmed(
        &self,
        mut tx: Tx,
        ctx: &RequestCtx,
        locked: &User,
        proofs: &[Proof],
    ) -> Result<Option<SessionToken>, Error> {
        let member = ctx.signed_in()?;
        let (session, token) = self.lift(&mut tx, ctx, member, locked.role, proofs).await?;
        self.audit(&mut tx, ctx, Some(locked.id), Event::Reauthenticated { session }).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// How the caller can show again that the account is theirs.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn ways_to_confirm(&self, ctx: &RequestCtx) -> Result<ConfirmView, Error> {
        let user = self.own_account(ctx.signed_in()?).await?;
        let methods = self.factor_methods(user.id).await?;
        // Even where none of them can be proven here, the password alone is not enough.
        let second_factor = !factors::enrolled(self.store(), user.id).await?.is_empty();
        // To an address that nobody has proven no code is mailed.
        let code = !second_factor && self.sends_mail() && user.email_verified;
        let password = !second_factor && user.password_hash.is_some();
        Ok(ConfirmView { password, code, email: user.email, second_factor, methods })
    }

    /// The session in which the caller has proven these factors: a new one, except a program's, whose tokens name the old.
    async fn lift(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        member: &Member,
        role: Role,
        factors: &[Proof],
    ) -> Result<(SessionId, Option<SessionToken>), Error> {
        let (user, kind, persistent) = (member.user, member.kind, member.persistent);
        match kind {
            SessionKind::Browser | SessionKind::ApiCookie => {
                sessions::end(tx, user, member.session, ctx.now).await?;
                let new = NewSession { user, role, kind, persistent, factors };
                let (session, token) = self.open_session(tx, ctx, &new).await?;
                totp::go_on(tx, user, member.session, session).await?;
                Ok((session, Some(token)))
            }
            SessionKind::Bearer => {
                sessions::set_factors(tx, user, member.session, factors).await?;
                Ok((member.session, None))
            }
        }
    }

    /// Asks for something that a thief of a session does not have: the password, or a recent sign-in. A password that
    /// is given is checked, however recent the sign-in; a wrong one is recorded as `refusal`.
    pub(crate) async fn step_up(
        &self,
        ctx: &RequestCtx,
        user: User,
        current: Option<PlainPassword>,
        refusal: Event<'_>,
    ) -> Result<SteppedUp, Error> {
        let member = ctx.signed_in()?;
        let Some(current) = current else {
            self.need_recent_sign_in(&user, member, ctx).await?;
            let (proofs, priority) = (member.factors.clone(), Priority::Stranger);
            return Ok(SteppedUp { user, proofs, priority, by_password: false });
        };
        if user.password_hash.is_none() {
            return Err(FieldError::new("current_password", Reason::PasswordUnset).into());
        }
        let priority = self.admit_proof(ctx, member).await?;
        if !self.is_password_of(&user, current, priority).await? {
            let mut tx = self.store().begin().await?;
            self.audit(&mut tx, ctx, Some(user.id), refusal).await?;
            tx.commit().await?;
            return Err(wrong_password());
        }
        let proofs = factor::with(member.factors.clone(), Proof { factor: Factor::Password, at: ctx.now });
        need_recent(&self.enrolled(&user).await?, &proofs, ctx)?;
        Ok(SteppedUp { user, proofs, priority, by_password: true })
    }

    /// The guard of what needs a sign-in within the last minutes; where there is a second factor, with that.
    pub(crate) async fn need_recent_sign_in(
        &self,
        user: &User,
        member: &Member,
        ctx: &RequestCtx,
    ) -> Result<(), Error> {
        need_recent(&self.enrolled(user).await?, &member.factors, ctx)
    }

    /// The same within a transaction.
    pub(crate) async fn need_recent_sign_in_in(
        &self,
        tx: &mut Tx,
        user: &User,
        ctx: &RequestCtx,
    ) -> Result<(), Error> {
        need_recent(&self.enrolled_in(tx, user).await?, &ctx.signed_in()?.factors, ctx)
    }
}

impl SteppedUp {
    /// Whether what was proven still holds of the account, now that it is locked.
    pub(crate) fn holds(&self, locked: &User) -> Result<(), Error> {
        let other = self.by_password && locked.password_hash != self.user.password_hash;
        if other { Err(wrong_password()) } else { Ok(()) }
    }
}

fn need_recent(enrolled: &[Factor], proofs: &[Proof], ctx: &RequestCtx) -> Result<(), Error> {
    let recent = policy::is_stepped_up(enrolled, proofs, ctx.now);
    if recent { Ok(()) } else { Err(Error::Reauthenticate) }
}

fn wrong_password() -> Error {
    FieldError::new("current_password", Reason::PasswordWrong).into()
}
