use crate::{Error, RawToken};
use domain::{Role, SessionId, SessionKind, UserId, Viewer, display_name};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use store::sessions::{Proof, Session};
use time::OffsetDateTime;

/// Who calls, from where, and when: the first argument of every use case.
#[derive(Debug, Clone)]
pub struct RequestCtx {
    /// Who.
    pub caller: Caller,
    /// From where.
    pub client: Client,
    /// The request as logs and the audit trail name it.
    pub request_id: String,
    /// When; read once, so that one request has one time.
    pub now: OffsetDateTime,
    /// Which version of what it changes the request was made for.
    pub precondition: Precondition,
}

/// Which version of the data the caller was shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Not stated, and not compared.
    #[default]
    None,
    /// As the form states it; a form without a version states "".
    Form(String),
    /// One of these, as `If-Match` says.
    IfMatch(Vec<String>),
}

/// The other end of the connection, behind the trusted proxies.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Its `User-Agent`, shortened.
    pub agent: String,
    /// The token of a known device.
    pub device: Option<RawToken>,
    /// The token of a browser in which somebody signs up.
    pub sign_up: Option<RawToken>,
}

/// Who calls.
#[derive(Debug, Clone, Default)]
pub enum Caller {
    /// A stranger.
    #[default]
    Stranger,
    /// Somebody signed in.
    Member(Arc<Member>),
}

/// A signed-in caller, as their session row and account were when the request came in.
#[derive(Debug, Clone)]
pub struct Member {
    /// Whose account.
    pub user: UserId,
    /// The session of this request.
    pub session: SessionId,
    /// What carries it.
    pub kind: SessionKind,
    /// What the account may do.
    pub role: Role,
    /// The address as typed.
    pub email: String,
    /// Whether it has to be proven before anything else.
    pub must_prove: bool,
    /// Whether a second factor has to be set up before anything else.
    pub must_enrol: bool,
    /// The name, or first and last name.
    pub name: Option<String>,
    /// What they have proven in it, and when.
    pub factors: Vec<Proof>,
    /// Whether the session outlives the browser.
    pub persistent: bool,
}

impl RequestCtx {
    /// The context of a command on the server itself.
    #[must_use]
    pub fn command_line(now: OffsetDateTime) -> Self {
        let client = Client {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            agent: "command line".to_owned(),
            device: None,
            sign_up: None,
        };
        Self {
            caller: Caller::Stranger,
            client,
            request_id: "command".to_owned(),
            now,
            precondition: Precondition::None,
        }
    }

    /// The same request, by nobody: whoever proves something by a mail acts as no session.
    pub(crate) fn as_stranger(&self) -> Self {
        Self { caller: Caller::Stranger, ..self.clone() }
    }

    /// The signed-in caller, whose address may have to be proven first: the guard of what leads to that proof, or out.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`] for a stranger.
    pub fn signed_in(&self) -> Result<&Member, Error> {
        match &self.caller {
            Caller::Member(member) => Ok(member),
            Caller::Stranger => Err(Error::SignInNeeded),
        }
    }

    /// The same, once they have set up the second factor that their account must have: the guard of what leads to the proof
    /// of an address alone.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`] for a stranger, [`Error::FactorRequired`].
    pub fn proving(&self) -> Result<&Member, Error> {
        let member = self.signed_in()?;
        // The address comes first.
        if member.must_enrol && !member.must_prove { Err(Error::FactorRequired) } else { Ok(member) }
    }

    /// The signed-in caller, who may have to set a second factor up first: the guard of what leads to that.
    ///
    /// # Errors
    /// [`Error::SignInNeeded`] for a stranger, [`Error::EmailUnverified`] for whoever has to prove their address first.
    pub fn enrolling(&self) -> Result<&Member, Error> {
        let member = self.signed_in()?;
        if member.must_prove { Err(Error::EmailUnverified) } else { Ok(member) }
    }

    /// The signed-in caller: the guard of every other use case for members.
    ///
    /// # Errors
    /// As [`RequestCtx::enrolling`], and [`Error::FactorRequired`] for whoever has to set a second factor up first.
    pub fn member(&self) -> Result<&Member, Error> {
        let member = self.enrolling()?;
        if member.must_enrol { Err(Error::FactorRequired) } else { Ok(member) }
    }

    /// The signed-in admin: the guard of a use case for admins.
    ///
    /// # Errors
    /// As [`RequestCtx::member`], and [`Error::Forbidden`] for any other member.
    pub fn admin(&self) -> Result<&Member, Error> {
        let member = self.member()?;
        if member.role == Role::Admin { Ok(member) } else { Err(Error::Forbidden) }
    }

    /// Checks that the data is still what the caller was shown; `current` makes the version of the locked row.
    ///
    /// # Errors
    /// [`Error::ChangedMeanwhile`] for a form, [`Error::PreconditionFailed`] for a program.
    pub(crate) fn check_version(&self, current: impl Fn() -> String) -> Result<(), Error> {
        match &self.precondition {
            Precondition::Form(version) if *version != current() => Err(Error::ChangedMeanwhile),
            Precondition::IfMatch(versions) if !versions.contains(&current()) => {
                Err(Error::PreconditionFailed)
            }
            Precondition::None | Precondition::Form(_) | Precondition::IfMatch(_) => Ok(()),
        }
    }

    /// The caller as the page's header shows them.
    #[must_use]
    pub fn viewer(&self) -> Option<Viewer> {
        self.signed_in().ok().map(Member::viewer)
    }
}

impl Member {
    pub(crate) fn of(session: Session, must_prove: bool, must_enrol: bool) -> Self {
        let [name, first, last] = [&session.name, &session.first_name, &session.last_name];
        Self {
            name: display_name(name.as_deref(), first.as_deref(), last.as_deref()),
            user: session.user,
            session: session.id,
            kind: session.kind,
            role: session.role,
            email: session.email,
            must_prove,
            must_enrol,
            factors: session.factors,
            persistent: session.persistent,
        }
    }

    /// The member as the page's header shows them.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer {
            id: self.user,
            email: self.email.clone(),
            name: self.name.clone(),
            role: self.role,
            must_prove: self.must_prove,
        }
    }
}
