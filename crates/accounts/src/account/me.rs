use crate::account::register::{reachable, stored};
use crate::audit::Event;
use crate::identifier::Address;
use crate::mail::Notice;
use crate::{Accounts, Error, Field, Member, RequestCtx, identifier, version, view};
use domain::{Change, Email, ProfileChange, Purpose, Role, UserChange, UserPatch, UserView};
use std::sync::Arc;
use store::users::{self, Update, User};
use store::{Tx, one_time_tokens, outbox, sessions};

/// A change of an account, by its owner or an admin.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) profile: ProfileChange,
    pub(crate) email: Option<NewEmail>,
    pub(crate) role: Option<Role>,
    pub(crate) is_active: Option<bool>,
    /// Why it is disabled.
    pub(crate) disabled_reason: Option<String>,
}

/// An account as the API sends it.
#[derive(Debug)]
pub struct EncodedAccount {
    /// Its view, as JSON.
    pub json: Vec<u8>,
    /// Its version.
    pub version: String,
}

impl EncodedAccount {
    pub(crate) fn of(view: &UserView) -> Result<Self, Error> {
        let json = serde_json::to_vec(view).map_err(Error::internal)?;
        Ok(Self { json, version: version::of_view(view) })
    }
}

/// An address that mail can reach.
#[derive(Clone)]
pub(crate) struct NewEmail(pub(super) Address);

impl Accounts {
    /// The caller's own account.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Unavailable`].
    pub async fn me(&self, ctx: &RequestCtx) -> Result<UserView, Error> {
        let member = ctx.member()?;
        if let Some(account) = self.cached_account(member, ctx.now) {
            return Ok(account);
        }
        self.own_account(member).await.map(view::user)
    }

    /// The same as the API sends it.
    ///
    /// # Errors
    /// As [`Accounts::me`].
    pub async fn me_encoded(&self, ctx: &RequestCtx) -> Result<Arc<EncodedAccount>, Error> {
        let member = ctx.member()?;
        if let Some(encoded) = self.cached_encoded(member, ctx.now) {
            return Ok(encoded);
        }
        let account = Box::pin(self.own_account(member)).await?;
        EncodedAccount::of(&view::user(account)).map(Arc::new)
    }

    /// Changes the given fields of the caller's own account. A new address needs a recent sign-in or the
    /// password; it is unproven, or waits for its proof where only proven ones count.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::Invalid`] (also for a wrong current password),
    /// [`Error::Reauthenticate`], [`Error::Taken`], [`Error::TooManyTries`], [`Error::Overloaded`],
    /// [`Error::Unavailable`]; the account stays as it was then.
    pub async fn change_me(&self, ctx: &RequestCtx, mut patch: UserPatch) -> Result<UserView, Error> {
        let leads_to_proof = patch.is_only_of_email();
        let member = if leads_to_proof { ctx.proving()? } else { ctx.member()? };
        let user = self.own_account(member).await?;
        leave_kept(&mut patch.email, &user);
        let UserChange { profile, email, current_password } = patch.parse()?;
        let email = NewEmail::of(email.as_ref(), &user)?;
        self.check_new_username(&user, &profile)?;
        self.admit_new_username(ctx, &user, &profile).await?;
        let stepped_up = if let Some(new) = &email {
            self.admit_email(ctx, &user, new, self.api_email_waits()).await?;
            Some(self.step_up(ctx, user, current_password, Event::ReauthenticationRefused).await?)
        } else {
            None
        };
        let begun = if leads_to_proof { self.begin_unproven(ctx).await } else { self.begin(ctx).await };
        let (mut tx, user) = begun?;
        stepped_up.map_or(Ok(()), |stepped_up| stepped_up.holds(&user))?;
        ctx.check_version(|| version::of_user(&user))?;
        let changes = Changes { profile, ..Changes::default() };
        let user = match email {
            None => self.change(&mut tx, ctx, user, &changes).await?,
            Some(new) => {
                match self.move_to(&mut tx, ctx, user, changes, &new, self.api_email_waits()).await {
                    Err(Error::Taken(Field::Email)) => {
                        return self.tell_taken(tx, ctx, new.canonical()).await;
                    }
                    user => user?,
                }
            }
        };
        tx.commit().await?;
        Ok(view::user(user))
    }

    pub(crate) async fn own_account(&self, member: &Member) -> Result<User, Error> {
        users::by_id(self.store(), member.user).await?.ok_or(Error::SignInNeeded)
    }

    /// Changes a locked account and writes one event for each thing that changed. A change of role and disabling end
    /// every session (P6).
    pub(crate) async fn change(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: User,
        changes: &Changes,
    ) -> Result<User, Error> {
        let Changes { profile, email, role, is_active, disabled_reason } = changes;
        let mut events = Vec::new();
        events.extend((!profile.is_empty()).then_some(Event::ProfileChanged));
        events.extend(email.as_ref().map(|_| Event::EmailChanged));
        if role.is_some() || *is_active == Some(false) {
            let ended_sessions = sessions::end_all(tx, user.id, ctx.now).await?;
            events.extend(role.map(|role| Event::RoleChanged { role, ended_sessions }));
            let reason = disabled_reason.as_deref();
            events.extend((*is_active == Some(false)).then_some(Event::Disabled { ended_sessions, reason }));
        }
        events.extend((*is_active == Some(true)).then_some(Event::Enabled));
        if events.is_empty() {
            return Ok(user);
        }
        let mut whole = user.profile.clone();
        profile.apply(&mut whole);
        let username_canonical = whole.username.as_deref().map(identifier::username);
        if matches!(profile.username, Change::Set(_)) {
            self.check_taken(tx, username_canonical.as_deref(), user.id).await?;
        }
        let update = Update {
            profile: &whole,
            username_canonical: username_canonical.as_deref(),
            email: email.as_ref().map(|NewEmail(new)| (new.shown.as_str(), new.canonical.as_str())),
            role: *role,
            is_active: *is_active,
            disabled_reason: disabled_reason.as_deref(),
            at: ctx.now,
        };
        let updated = users::update(tx, user.id, &update).await?.ok_or(Error::NotFound)?;
        if user.closes_at.is_some() && is_active.is_some() {
            outbox::withdraw(tx, user.id).await?;
        }
        for event in events {
            self.audit(tx, ctx, Some(user.id), event).await?;
        }
        if let Some(NewEmail(new)) = email {
            self.check_kept(tx, &new.canonical, user.id, ctx.now).await?;
            self.tell_moved(tx, ctx, &user, &new.shown).await?;
            self.notify(tx, ctx, &updated, Notice::EmailIsYours).await?;
        }
        if *is_active == Some(false) {
            // None of them works again once the account does.
            one_time_tokens::revoke_all(tx, user.id, &Purpose::ALL).await?;
            self.notify(tx, ctx, &user, Notice::Disabled).await?;
        }
        Ok(updated)
    }
}

impl NewEmail {
    /// The new address of an account; `None` if it only spells the present one differently.
    pub(crate) fn of(typed: Option<&Email>, user: &User) -> Result<Option<Self>, Error> {
        let Some(typed) = typed else { return Ok(None) };
        let present = identifier::email(&user.email);
        if present.as_ref() == Some(&stored(typed)?.canonical) {
            return Ok(None);
        }
        reachable(typed).map(Self).map(Some)
    }

    pub(super) fn canonical(&self) -> &str {
        &self.0.canonical
    }
}

/// A client that sends the whole account back, as PUT does, changes no address, even if an older sign-up stored one
/// that would be refused today.
pub(crate) fn leave_kept(sent: &mut Option<String>, user: &User) {
    sent.take_if(|sent| *sent == user.email);
}
