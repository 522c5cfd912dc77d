//! Adding passkeys, naming them, and taking them away.

use super::super::{Added, FactorAdded, Removed};
use super::{Asked, MOST, use_up};
use crate::audit::{Event, OfPasskey};
use crate::policy::{self, SWEEP_BATCH};
use crate::rng;
use crate::view::timestamp;
use crate::{Accounts, Error, Member, RequestCtx};
use domain::{
    Factor, FactorCode, FieldError, NewPasskey, PasskeyAddForm, PasskeyAnswer, PasskeyId, PasskeyRemoveForm,
    PasskeyRenameForm, PasskeyView, Reason, UserId,
};
use store::Tx;
use store::factors::passkeys::{self, PasskeyRow};
use store::factors::{self, removed_passkeys, used_challenges};
use store::sessions::{self, Proof};
use store::users::User;
use time::OffsetDateTime;
use webauthn::{AuthenticationResponse, Registered, RegistrationResponse, RelyingParty};

impl Accounts {
    /// Adds a passkey that a browser has made. From now on it signs in alone, and the password alone no longer does. All
    /// other sessions end, and the other known devices are forgotten. With the first second factor come recovery codes,
    /// which are shown this once.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::Invalid`] (also for a
    /// passkey that is refused, or somebody's already, or one too many), [`Error::PasskeysOff`], [`Error::TooManyTries`],
    /// [`Error::Unavailable`];
    /// nothing was added then.
    pub async fn add_passkey(&self, ctx: &RequestCtx, form: PasskeyAddForm) -> Result<FactorAdded, Error> {
        let member = ctx.enrolling()?;
        self.relying_party()?;
        let NewPasskey { name, answer } = form.parse()?;
        self.admit_factor_setup(ctx, member).await?;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let is_first = factors::enrolled_in(&mut tx, user.id).await?.is_empty();
        let passkey = match self.insert_passkey(&mut tx, ctx, member, (&name, &answer)).await? {
            Ok(passkey) => passkey,
            Err(reason) => {
                // Its challenge is used up.
                tx.commit().await?;
                return Err(FieldError::<Reason>::new("passkey", reason).into());
            }
        };
        let of = Some(OfPasskey { id: passkey.id, name: &passkey.name });
        let new = Added { factor: Factor::Passkey, passkey: of, is_first, replaced: false };
        let mut added = self.factor_added(&mut tx, ctx, &user, new).await?;
        tx.commit().await?;
        added.passkey = Some(passkey);
        Ok(added)
    }

    /// Checks a new passkey and writes it down, or says why not.
    async fn insert_passkey(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        member: &Member,
        (name, answer): (&str, &PasskeyAnswer),
    ) -> Result<Result<PasskeyView, Reason>, Error> {
        let Some(new) = self.registered(tx, ctx, member, answer).await? else {
            return Ok(Err(Reason::PasskeyUnusable));
        };
        if passkeys::descriptors_in(tx, member.user).await?.len() >= MOST {
            return Ok(Err(Reason::PasskeysTooMany));
        }
        let id = PasskeyId(rng::uuid(self.inner.rng.as_ref(), ctx.now));
        let algorithm = i32::try_from(new.public_key.algorithm().cose()).map_err(Error::internal)?;
        let row = passkeys::NewPasskey {
            id,
            user: member.user,
            credential_id: &new.credential_id,
            algorithm,
            public_key: new.public_key.as_der(),
            counter: new.counter,
            backup_eligible: new.backup_eligible,
            backed_up: new.backed_up,
            aaguid: new.aaguid,
            transports: new.transports.iter().map(|transport| transport.as_str().to_owned()).collect(),
            name,
            rp_id: self.relying_party()?.id(),
            added_at: self.in_order(tx, ctx, member.user).await?,
        };
        // Nor may anybody keep a removed one from coming back to its owner.
        let (id_of, now) = (row.credential_id, self.inner.database_clock.time(ctx.now));
        if removed_passkeys::is_of_another(tx, member.user, id_of, now).await?
            || !passkeys::add(tx, &row).await?
        {
            return Ok(Err(Reason::PasskeyTaken));
        }
        Ok(Ok(PasskeyView {
            id,
            name: name.to_owned(),
            added_at: timestamp(row.added_at),
            last_used_at: None,
            backed_up: new.backed_up,
        }))
    }

    /// The passkey that a browser has made, if its answer is right and the first one to its challenge.
    async fn registered(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        member: &Member,
        answer: &PasskeyAnswer,
    ) -> Result<Option<Registered>, Error> {
        let Some(handle) = passkeys::handle(tx, member.user).await? else { return Ok(None) };
        let Ok(response) = RegistrationResponse::from_json(answer.as_json()) else { return Ok(None) };
        let ceremony = self.ceremony(ctx, Asked::to_add(&member.session), Some(handle));
        let verdict = self.relying_party()?.register(&response, &ceremony);
        let challenge = match &verdict {
            Ok(registered) => Some(registered.challenge),
            Err(refused) => refused.challenge,
        };
        let Some(challenge) = challenge else { return Ok(None) };
        if use_up(tx, challenge).await? { Ok(verdict.ok()) } else { Ok(None) }
    }

    /// Gives a passkey of the caller's another name.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::Invalid`],
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn rename_passkey(&self, ctx: &RequestCtx, form: PasskeyRenameForm) -> Result<(), Error> {
        ctx.member()?;
        let name = form.parse()?;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let before = passkeys::rename(&mut tx, user.id, form.id, &name).await?.ok_or(Error::NotFound)?;
        let passkey = OfPasskey { id: form.id, name: &name };
        let event = Event::PasskeyRenamed { passkey, before: &before };
        self.audit(&mut tx, ctx, Some(user.id), event).await?;
        Ok(tx.commit().await?)
    }

    /// Removes a passkey of the caller's, which may be on a stolen phone: every other session in which one was shown ends.
    /// With the last second factor the recovery codes go. One that is not there is as it should be.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`], [`Error::EmailUnverified`], [`Error::Reauthenticate`], [`Error::LastWayIn`],
    /// [`Error::Unavailable`].
    pub async fn remove_passkey(&self, ctx: &RequestCtx, form: PasskeyRemoveForm) -> Result<(), Error> {
        let own = ctx.member()?.session;
        let (mut tx, user) = self.begin_stepped_up(ctx).await?;
        let at = self.removed_at(&mut tx, ctx, user.id).await?;
        if let Some(name) = removed_passkeys::keep(&mut tx, user.id, form.id, at).await? {
            let left = factors::enrolled_in(&mut tx, user.id).await?.contains(&Factor::Passkey);
            if !self.has_way_back(&user, left) {
                return Err(Error::LastWayIn);
            }
            self.need_factor(&mut tx, &user).await?;
            let by = (Factor::Passkey, own);
            let ended_sessions = sessions::end_others_by(&mut tx, user.id, by, ctx.now).await?;
            let passkey = Some(OfPasskey { id: form.id, name: &name });
            let removed = Removed { factor: Factor::Passkey, passkey, ended_sessions, kept: Some(at) };
            self.factor_removed(&mut tx, ctx, &user, removed).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Whether the owner can begin a sign-in: by the password, a mailed code, or a passkey.
    pub(crate) fn has_way_back(&self, user: &User, has_passkey: bool) -> bool {
        let reads_mail = user.email_verified && self.sends_mail();
        policy::has_way_back(user.password_hash.is_some(), reads_mail, has_passkey && self.has_passkeys())
    }

    /// A passkey that came with the password is its owner's, and signs in alone again.
    pub(crate) async fn trust_with_password(
        &self,
        tx: &mut Tx,
        user: UserId,
        proofs: &[Proof],
        code: &FactorCode,
    ) -> Result<(), Error> {
        let FactorCode::Passkey(answer) = code else { return Ok(()) };
        let Ok(response) = AuthenticationResponse::from_json(answer.as_json()) else { return Ok(()) };
        if proofs.iter().any(|proof| proof.factor == Factor::Password) {
            passkeys::trust(tx, user, response.credential_id()).await?;
        }
        Ok(())
    }

    /// How many passkeys nobody can use here, since they were made for another name of the site.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn passkeys_of_other_names(&self) -> Result<u64, Error> {
        let own = self.relying_party().map_or("", RelyingParty::id);
        Ok(passkeys::count_of_others(self.store(), own).await?.unsigned_abs())
    }

    /// The passkeys of an account, as their owner sees them.
    pub(crate) async fn passkeys_of(&self, user: UserId) -> Result<Vec<PasskeyView>, Error> {
        Ok(passkeys::list(self.store(), user).await?.into_iter().map(view).collect())
    }

    /// Deletes used challenges that are refused by their time alone.
    pub(crate) async fn sweep_used_challenges(&self, now: OffsetDateTime) -> Result<(), Error> {
        let (now, batch) = (self.inner.database_clock.time(now), SWEEP_BATCH.unsigned_abs());
        while used_challenges::sweep(self.store(), now, SWEEP_BATCH).await? >= batch {}
        Ok(())
    }
}

fn view(row: PasskeyRow) -> PasskeyView {
    PasskeyView {
        id: PasskeyId(row.id),
        name: row.name,
        added_at: timestamp(row.added_at),
        last_used_at: row.last_used_at.map(timestamp),
        backed_up: row.backed_up,
    }
}
