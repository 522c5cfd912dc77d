//! Opening the session: the last step of a sign-in, a sign-up and a change of password.

use crate::audit::Event;
use crate::authentication::attempt::{IfBarred, ProvenAttempt};
use crate::credential::Subject;
use crate::mail::Notice;
use crate::policy::{self, NextStep};
use crate::{Accounts, Caller, Error, Member, RawToken, RequestCtx, SessionToken, rng};
use domain::{Factor, Purpose, Role, SessionId, SessionKind, UserId};
use store::sessions::{self, Proof};
use store::users::User;
use store::{Tx, one_time_tokens};

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

/// What a sign-in is for.
#[derive(Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) transport: Transport<'a>,
    pub(crate) if_barred: IfBarred,
    /// Where to go afterwards: a path of ours, or empty.
    pub(crate) next: &'a str,
}

impl<'a> Goal<'a> {
    pub(crate) fn of(transport: Transport<'a>) -> Self {
        Self { transport, if_barred: IfBarred::Refuse, next: "" }
    }
}

/// What a sign-in ends with.
pub(crate) struct Established {
    pub(crate) user: User,
    /// Whether its address has to be proven before anything else.
    pub(crate) must_prove: bool,
    /// Whether a second factor has to be set up before anything else.
    pub(crate) must_enrol: bool,
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
    pub(crate) fn kind(self) -> SessionKind {
        match self {
            Self::Browser { .. } => SessionKind::Browser,
            Self::Bearer { .. } => SessionKind::Bearer,
            Self::ApiCookie => SessionKind::ApiCookie,
        }
    }

    pub(crate) fn is_persistent(self) -> bool {
        match self {
            Self::Browser { persistent } => persistent,
            Self::Bearer { .. } => true,
            Self::ApiCookie => false,
        }
    }

    pub(crate) fn makes_known(self) -> bool {
        match self {
            Self::Bearer { known, .. } => known,
            Self::Browser { .. } | Self::ApiCookie => true,
        }
    }
}

impl Accounts {
    /// Takes an attempt to its next step: its session once what was proven is enough, else it waits for what is missing.
    pub(crate) async fn proceed(
        &self,
        ctx: &RequestCtx,
        mut attempt: ProvenAttempt,
        goal: &Goal<'_>,
    ) -> Result<Established, Error> {
        if self.is_enough(&mut attempt.tx, &attempt.user, &attempt.proofs).await? {
            return self.complete(ctx, attempt, goal.transport, goal.if_barred).await;
        }
        if self.is_trusted_browser(ctx, &mut attempt, goal).await? {
            // However the try was admitted, it goes on as the device that is trusted.
            attempt.earned.known_device = true;
            return self.complete(ctx, attempt, goal.transport, goal.if_barred).await;
        }
        Err(Error::SecondFactorNeeded(self.wait_for_factor(ctx, attempt, goal).await?))
    }

    /// Opens the session of an attempt that has proven enough, and its account again where that is wanted.
    pub(crate) async fn complete(
        &self,
        ctx: &RequestCtx,
        mut attempt: ProvenAttempt,
        transport: Transport<'_>,
        if_barred: IfBarred,
    ) -> Result<Established, Error> {
        self.restore_proven(ctx, &mut attempt, if_barred).await?;
        self.establish(ctx, attempt, transport).await
    }

    /// Whether what was proven is enough to sign in to an account, whose row is locked.
    pub(crate) async fn is_enough(&self, tx: &mut Tx, user: &User, proofs: &[Proof]) -> Result<bool, Error> {
        let proven: Vec<Factor> = proofs.iter().map(|proof| proof.factor).collect();
        let enrolled = self.enrolled_in(tx, user).await?;
        Ok(policy::next_step(&enrolled, &proven) == NextStep::Establish)
    }

    /// Opens the session of an attempt. One transaction writes the session with its factors, its audit event and the
    /// known device, and ends the session that a cookie named before.
    pub(crate) async fn establish(
        &self,
        ctx: &RequestCtx,
        attempt: ProvenAttempt,
        transport: Transport<'_>,
    ) -> Result<Established, Error> {
        let ProvenAttempt { mut tx, user, proofs, earned, is_unfamiliar } = attempt;
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
            self.insert_refresh_token(&mut tx, session, refresh_token, ctx.now).await?;
        }
        // A copy of the token from before must not be trusted with it.
        let device = self.device_token(ctx, earned.known_device && !earned.trust);
        if transport.makes_known() {
            self.know_device(&mut tx, ctx, &device, id).await?;
        }
        if earned.trust {
            self.trust_browser(&mut tx, ctx, &device, id).await?;
        }
        self.know_program(&mut tx, ctx, kind, id).await?;
        if is_news {
            self.notify(&mut tx, ctx, &user, Notice::NewDevice).await?;
        }
        let must_enrol = self.lacks_factor(&mut tx, id, role).await?;
        tx.commit().await?;
        self.inner.tally.signed_in(&proofs);
        self.forgive(ctx, &earned).await;
        let must_prove = self.must_prove(user.email_verified);
        Ok(Established { user, must_prove, must_enrol, token, device })
    }

    /// Whether the owner may not know of a sign-in by a client that shows no device token of theirs.
    pub(super) async fn is_news(
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

    /// Ends all sessions but the caller's, and forgets their other known devices; says how many ended. A browser's session
    /// gets a new id (ASVS 7.2.4); a program's cannot, since its tokens name the old one.
    pub(crate) async fn keep_only_this_session(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        member: &Member,
        role: Role,
        factors: &[Proof],
    ) -> Result<(SessionId, Option<SessionToken>, u64), Error> {
        let (user, kind) = (member.user, member.kind);
        let kept = match kind {
            SessionKind::Browser | SessionKind::ApiCookie => {
                let ended = sessions::end_all(tx, user, ctx.now).await?;
                let new = NewSession { user, role, kind, persistent: member.persistent, factors };
                let (session, token) = self.open_session(tx, ctx, &new).await?;
                (session, Some(token), ended)
            }
            SessionKind::Bearer => {
                sessions::set_factors(tx, user, member.session, factors).await?;
                (member.session, None, sessions::end_others(tx, user, member.session, ctx.now).await?)
            }
        };
        self.forget_other_devices(tx, ctx, user).await?;
        // Whoever reads the mailbox may have asked for these before.
        one_time_tokens::revoke_all(tx, user, &[Purpose::Reset, Purpose::SignIn]).await?;
        Ok(kept)
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
