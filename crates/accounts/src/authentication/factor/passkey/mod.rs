//! Passkeys. What a browser answers is checked by the crate `webauthn`; what may be done with it is decided here.

mod options;
mod setup;
mod sign_in;

use crate::audit::Event;
use crate::{Accounts, Error, RequestCtx};
use domain::{PasskeyAnswer, SessionId};
use store::factors::{passkeys, used_challenges};
use store::users::User;
use store::{TokenHash, Tx};
use time::Duration;
use uuid::Uuid;
use webauthn::{
    Algorithm, AuthenticationResponse, Ceremony, Credential, PublicKey, Purpose, Refusal, RelyingParty,
    SpentChallenge, UserHandle,
};

/// How many passkeys an account may have.
const MOST: usize = 20;

/// How much longer a used challenge is kept than it could be answered: for servers and a database whose clocks differ.
const USED_IS_KEPT: Duration = Duration::DAY;

/// What an answer is for, and who was asked.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    purpose: Purpose,
    browser: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Whoever has the challenge of a sign-in that waits.
    pub(crate) fn to_complete(waiting: &'a TokenHash) -> Self {
        Self { purpose: Purpose::SignIn, browser: waiting.bytes() }
    }

    /// Whoever is signed in, to show again who they are.
    pub(crate) fn to_confirm(session: &'a SessionId) -> Self {
        Self { purpose: Purpose::Confirmation, browser: session.0.as_bytes() }
    }

    /// Whoever is signed in, to make a passkey.
    fn to_add(session: &'a SessionId) -> Self {
        Self { purpose: Purpose::Registration, browser: session.0.as_bytes() }
    }

    /// A browser in which nobody has said who they are.
    fn to_sign_in(browser: &'a [u8]) -> Self {
        Self { purpose: Purpose::SignIn, browser }
    }
}

impl Accounts {
    fn relying_party(&self) -> Result<&RelyingParty, Error> {
        self.inner.relying_party.as_ref().ok_or(Error::PasskeysOff)
    }

    /// By the clock that all servers share.
    fn ceremony<'a>(
        &self,
        ctx: &RequestCtx,
        Asked { purpose, browser }: Asked<'a>,
        handle: Option<Uuid>,
    ) -> Ceremony<'a> {
        let account = handle.map(|handle| UserHandle(*handle.as_bytes()));
        Ceremony { purpose, browser, account, now: self.inner.database_clock.time(ctx.now) }
    }

    /// Whether this is a right answer by a passkey of an account, whose row is locked; its challenge is used up then.
    pub(super) async fn use_passkey(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        (answer, asked): (&PasskeyAnswer, Asked<'_>),
    ) -> Result<bool, Error> {
        let Some(handle) = passkeys::handle(tx, user.id).await? else { return Ok(false) };
        let Ok(response) = AuthenticationResponse::from_json(answer.as_json()) else { return Ok(false) };
        // By its id alone: that it is this account's is a part of the check.
        let Some(passkey) = passkeys::find(tx, user.id, response.credential_id()).await? else {
            return Ok(false);
        };
        let ceremony = self.ceremony(ctx, asked, Some(handle));
        self.judge_passkey(tx, ctx, user, (&passkey, &response, &ceremony)).await
    }

    /// Whether an answer is right. Its challenge is used up either way: what refuses an answer must commit that.
    async fn judge_passkey(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        (passkey, response, ceremony): (&passkeys::Passkey, &AuthenticationResponse, &Ceremony<'_>),
    ) -> Result<bool, Error> {
        let public_key = public_key(passkey)?;
        let stored = u32::try_from(passkey.counter).map_err(Error::internal)?;
        let credential = Credential {
            id: response.credential_id(),
            owner: UserHandle(*passkey.handle.as_bytes()),
            public_key: &public_key,
            counter: stored,
            backup_eligible: passkey.backup_eligible,
        };
        let verdict = self.relying_party()?.authenticate(response, &credential, ceremony);
        let challenge = match &verdict {
            Ok(right) => Some(right.challenge),
            Err(refused) => refused.challenge,
        };
        let Some(challenge) = challenge else { return Ok(false) };
        if !use_up(tx, challenge).await? {
            return Ok(false);
        }
        let sent = match verdict {
            Ok(right) => {
                let count = (right.counter, right.backed_up);
                if passkeys::count(tx, passkey.id, count, ctx.now).await? {
                    return Ok(true);
                }
                right.counter
            }
            Err(refused) => match refused.refusal {
                Refusal::Counter { sent, .. } => sent,
                _ => return Ok(false),
            },
        };
        self.audit(tx, ctx, Some(user.id), Event::PasskeyCopied { passkey: passkey.id, stored, sent })
            .await?;
        Ok(false)
    }
}

fn public_key(passkey: &passkeys::Passkey) -> Result<PublicKey, Error> {
    let algorithm = Algorithm::from_cose(passkey.algorithm.into());
    let algorithm = algorithm.ok_or_else(|| Error::internal("a passkey of an unknown algorithm"))?;
    PublicKey::from_der(algorithm, &passkey.public_key).map_err(Error::internal)
}

/// Writes down that a challenge was answered; says whether it was not before.
async fn use_up(tx: &mut Tx, challenge: SpentChallenge) -> Result<bool, Error> {
    let until = challenge.expires_at + USED_IS_KEPT;
    Ok(used_challenges::use_up(tx, &challenge.nonce, until).await?)
}
