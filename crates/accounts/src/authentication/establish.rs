//! Opening the session: the last step of a sign-in, a sign-up and a change of password.

use crate::audit::Event;
use crate::authentication::attempt::ProvenAttempt;
use crate::authentication::factor;
use crate::credential::{SessionToken, Subject};
use crate::mail::Notice;
use crate::policy::{self, NextStep};
use crate::{Accounts, Caller, Error, RawToken, RequestCtx, rng};
use domain::{Role, SessionId, SessionKind, UserId};
use store::Tx;
use store::sessions::{self, Proof};
use store::users::User;

/// What carries the session from now on.
#[derive(Clone, Copy)]
pub(crate) enum Transport<'a> {
    /// The cookie of the pages, which may outlive the browser.
    Browser { persistent: bool },
    /// An access token and this first refresh token; the program may ask to become a known device.
    Bearer { refresh_token: &'a RawToken, known: bool },
    /// The cookie of the API's cookie family.
    ApiCookie,
}

/// What a sign-in ends with.
pub(crate) struct Established {
    pub(crate) user: User,
    /// Whether its address has to be proven before anything else.
    pub(crate) must_prove: bool,
    pub(crate) token: SessionToken,
    /// The token that makes the client a known device; a program has to ask for it.
    pub(crate) device: RawToken,
}

/// A session to be opened.
pub(crate) struct NewSession<'a> {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) kind: SessionKind,
    pub(crate) persistent: bool,
    pub(crate) factors: &'a [Proof],
}

impl Transport<'_> {
    fn kind(self) -> SessionKind {
        match self {
            Self::Browser { .. } => SessionKind::Browser,
            Self::Bearer { .. } => SessionKind::Bearer,
            Self::ApiCookie => SessionKind::ApiCookie,
        }
    }

    fn is_persistent(self) -> bool {
        match self {
            Self::Browser { persistent } => persistent,
            Self::Bearer { .. } => true,
            Self::ApiCookie => false,
        }
    }

    fn makes_known(self) -> bool {
        match self {
            Self::Bearer { known, .. } => known,
            Self::Browser { .. } | Self::ApiCookie => true,
        }
    }
}

impl Accounts {
    /// Takes an attempt to its next step: its session, once what was proven is enough.
    pub(crate) async fn proceed(
        &self,
        ctx: &RequestCtx,
        attempt: ProvenAttempt,
        transport: Transport<'_>,
    ) -> Result<Established, Error> {
        let proven: Vec<_> = attempt.proofs.iter().map(|proof| proof.factor).collect();
        match policy::next_step(&factor::enrolled(&attempt.user), &proven) {
            NextStep::Establish => self.establish(ctx, attempt, transport).await,
            // Asking for a second factor begins here. With one factor, nobody comes this way.
            NextStep::Need(missing) => Err(Error::internal(format!("no way to prove {missing:?}"))),
        }
    }

    /// Opens the session of an attempt. One transaction writes the session with its factors, its audit event and the
    /// known device, and ends the session that a cookie named before.
    pub(crate) async fn establish(
        &self,
        ctx: &RequestCtx,
        attempt: ProvenAttempt,
        transport: Transport<'_>,
    ) -> Result<Established, Error> {
        let ProvenAttempt { mut tx, user, proofs, admitted, is_unfamiliar } = attempt;
        let kind = transport.kind();
        // By what was known before, not by the session that is opened now.
        let is_news = is_unfamiliar && self.is_news(&mut tx, ctx, &user, kind).await?;
        if let (Caller::Member(member), SessionKind::Browser | SessionKind::ApiCookie) = (&ctx.caller, kind) {
            self.end_session(&mut tx, ctx, member).await?;
        }
        let (id, role, persistent) = (user.id, user.role, transport.is_persistent());
        let new = NewSession { user: id, role, kind, persistent, factors: &proofs };
        let (session, token) = self.open_session(&mut tx, ctx, &new).await?;
        self.audit(&mut tx, ctx, Some(id), Event::SignedIn { session }).await?;
        if let Transport::Bearer { refresh_token, .. } = transport {
            self.insert_refresh_token(&mut tx, session, refresh_token, None, ctx.now).await?;
        }
        let device = self.device_token(ctx, admitted.as_ref());
        if transport.makes_known() {
            self.know_device(&mut tx, ctx, &device, id).await?;
        }
        self.know_program(&mut tx, ctx, kind, id).await?;
        if is_news {
            self.notify(&mut tx, ctx, &user, Notice::NewDevice).await?;
        }
        tx.commit().await?;
        if let Some(admitted) = &admitted {
            self.forgive(ctx, admitted).await;
        }
        let must_prove = self.must_prove(user.email_verified);
        Ok(Established { user, must_prove, token, device })
    }

    /// Whether the owner may not know of a sign-in by a client that shows no device token of theirs.
    async fn is_news(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        user: &User,
        kind: SessionKind,
    ) -> Result<bool, Error> {
        let is_known_program = self.is_known_program(tx, ctx, kind, user.id).await?;
        let is_first = !sessions::list::has_any(tx, user.id).await?;
        Ok(policy::is_news(is_known_program, is_first, ctx.now - user.created_at))
    }

    /// Makes a session under a new id, which nobody can have planted (ASVS 7.2.4), and its first token.
    pub(crate) async fn open_session(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        new: &NewSession<'_>,
    ) -> Result<(SessionId, SessionToken), Error> {
        let NewSession { user, role, kind, persistent, factors } = *new;
        let session = SessionId(rng::uuid(self.inner.rng.as_ref(), ctx.now));
        let row = sessions::NewSession {
            id: session,
            user,
            kind,
            persistent,
            factors,
            created_at: ctx.now,
            expires_at: ctx.now + policy::lifetime(role, kind).absolute,
            address: &ctx.client.address.to_string(),
            agent: &ctx.client.agent,
        };
        sessions::insert(tx, &row).await?;
        self.know_network(tx, ctx, user).await?;
        let subject = Subject { user, session };
        Ok((session, self.session_token(kind, subject, factors, role, persistent, ctx.now)?))
    }
}
