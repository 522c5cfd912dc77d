use crate::{
    Email, Factor, FieldError, FieldErrors, FormReason, REASON_MAX, Role, Timestamp, UserId, UserView,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an admin does to an account on its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminAct {
    /// Makes an admin of a member.
    Promote,
    /// Makes a member of an admin.
    Demote,
    /// Keeps the person out, and tells them why.
    Disable,
    /// Lets the person in again.
    Enable,
    /// Signs the person out everywhere.
    EndSessions,
    /// Takes all second factors away, whose owner has lost them.
    ClearFactors,
    /// Mails a link to choose a new password.
    SendReset,
    /// Makes such a link, to be passed on.
    MakeReset,
    /// Vouches for the address.
    Verify,
    /// Deletes the account.
    Delete,
}

/// How an act is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// By one button.
    Once,
    /// Named in full, and asked for once more.
    Twice,
    /// The same, and a link is answered.
    ForALink,
}

impl AdminAct {
    /// Every act.
    pub const ALL: [Self; 10] = [
        Self::Promote,
        Self::Demote,
        Self::Disable,
        Self::Enable,
        Self::EndSessions,
        Self::ClearFactors,
        Self::SendReset,
        Self::MakeReset,
        Self::Verify,
        Self::Delete,
    ];

    /// The word of forms and addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Demote => "demote",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::EndSessions => "end-sessions",
            Self::ClearFactors => "clear-factors",
            Self::SendReset => "send-reset",
            Self::MakeReset => "make-reset",
            Self::Verify => "verify",
            Self::Delete => "delete",
        }
    }

    /// The act of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }

    /// Whether it changes anything of an account as it is now. An account that closes is its owner's to restore, and nobody
    /// else's. What would let an admin act as another one is not done to an admin: who takes the rights first is recorded,
    /// and gains nothing.
    #[must_use]
    pub fn fits(self, view: &AdminUserView) -> bool {
        let user = &view.user;
        match self {
            Self::Promote => user.role == Role::User,
            Self::Demote => user.role == Role::Admin,
            Self::Disable => user.is_active || user.closes_at.is_some(),
            Self::Enable => !user.is_active && user.closes_at.is_none(),
            Self::SendReset => user.is_active,
            Self::MakeReset => user.is_active && user.role == Role::User,
            Self::Verify => !user.email_verified,
            Self::ClearFactors => !view.second_factors.is_empty() && user.role == Role::User,
            Self::EndSessions | Self::Delete => true,
        }
    }

    /// How it is asked for: no form does an act that is not its own.
    #[must_use]
    pub const fn asking(self) -> Asking {
        match self {
            Self::Enable | Self::EndSessions | Self::SendReset | Self::Verify => Asking::Once,
            Self::Promote | Self::Demote | Self::Disable | Self::ClearFactors | Self::Delete => Asking::Twice,
            Self::MakeReset => Asking::ForALink,
        }
    }

    /// Whether a reason has to be given.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Disable | Self::ClearFactors)
    }

    /// Whether an admin who does it to their own account could be locked out.
    #[must_use]
    pub const fn locks_out(self) -> bool {
        matches!(self, Self::Demote | Self::Disable | Self::ClearFactors | Self::Delete)
    }
}

/// Names an act, and the account that it is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminActForm {
    /// The account.
    pub user: String,
    /// One of [`AdminAct`].
    pub act: String,
    /// Why: whoever is disabled is told, and the audit trail keeps it.
    pub reason: String,
}

/// An act of acceptable shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminDeed {
    /// On whom.
    pub user: UserId,
    /// What.
    pub act: AdminAct,
    /// Why; only where that has to be given.
    pub reason: Option<String>,
}

impl AdminActForm {
    /// Checks every field of a form that asks in this way. Whoever is disabled is told why; so is the audit trail where
    /// second factors are cleared.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self, asking: Asking) -> Result<AdminDeed, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let user = Uuid::try_parse(&self.user).ok().map(UserId);
        if user.is_none() {
            errors.refuse("user", FormReason::IdInvalid);
        }
        let act = AdminAct::of(&self.act).filter(|act| act.asking() == asking);
        if act.is_none() {
            errors.refuse("act", FormReason::TextInvalid);
        }
        let needs_reason = act.is_some_and(AdminAct::needs_reason);
        let reason =
            if needs_reason { errors.given_reason(&self.reason) } else { errors.unused_reason(&self.reason) };
        errors.finish(user.zip(act).map(|(user, act)| AdminDeed { user, act, reason }))
    }
}

/// Why an account's second factors are cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FactorsClearing {
    /// Why, for the audit log: up to 300 characters.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub reason: String,
}

impl FactorsClearing {
    /// Checks the reason.
    ///
    /// # Errors
    /// Where there is none, or more than there is room for.
    pub fn parse(&self) -> Result<String, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let reason = errors.given_reason(&self.reason);
        errors.finish(reason)
    }
}

impl FieldErrors {
    fn given_reason(&mut self, raw: &str) -> Option<String> {
        let reason = self.lines("reason", raw, REASON_MAX)?;
        if reason.is_empty() {
            self.refuse("reason", FormReason::ReasonMissing);
        }
        Some(reason)
    }

    /// Nobody is told it, but the form may have sent it.
    fn unused_reason(&mut self, raw: &str) -> Option<String> {
        self.lines("reason", raw, REASON_MAX);
        None
    }
}

/// Invites somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InviteForm {
    /// Where the invitation goes.
    pub email: String,
    /// `user` or `admin`.
    pub role: String,
}

impl InviteForm {
    /// Checks both fields.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<(Email, Role), Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", &self.email);
        let role = errors.role(&self.role);
        errors.finish(email.zip(role))
    }
}

/// Names an invitation that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeForm {
    /// Its id.
    pub invitation: String,
}

/// A link that an admin passes on. No `Debug`: whoever has it gets in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeLink {
    /// What to open.
    pub url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An account, as the page of an admin shows it.
#[derive(Debug, Clone)]
pub struct AdminUserView {
    /// What everybody may read who may read the account.
    pub user: UserView,
    /// Why it is disabled.
    pub disabled_reason: Option<String>,
    /// Whether it has a password to sign in with.
    pub has_password: bool,
    /// What signing in takes beside it.
    pub second_factors: Vec<Factor>,
    /// How many sessions are open, as far as they were counted.
    pub sessions: u64,
    /// Whether there may be more.
    pub sessions_go_on: bool,
    /// Whether it is the admin's own.
    pub own: bool,
    /// The version that forms send along.
    pub version: String,
}

/// An invitation that was not used yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationView {
    /// Its id.
    pub id: Uuid,
    /// Whom it is for.
    pub email: String,
    /// What they will be.
    pub role: Option<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019aa5a4-0000-7000-8000-000000000000";

    fn form(act: &str, reason: &str) -> AdminActForm {
        AdminActForm { user: ID.into(), act: act.into(), reason: reason.into() }
    }

    #[test]
    fn every_act_is_read_as_it_is_written() {
        for act in AdminAct::ALL {
            assert_eq!(AdminAct::of(act.as_str()), Some(act));
        }
        assert_eq!(AdminAct::of("Delete"), None);
    }

    #[test]
    fn whoever_is_disabled_is_told_why() {
        let deed = form("disable", " Spam\r\nagain ").parse(Asking::Twice).unwrap();
        assert_eq!((deed.act, deed.reason.as_deref()), (AdminAct::Disable, Some("Spam\nagain")));
        for reason in ["", "  \n "] {
            assert_eq!(
                form("disable", reason).parse(Asking::Twice).unwrap_err()[0].reason.code(),
                "required"
            );
        }
        assert_eq!(
            form("disable", &"x".repeat(301)).parse(Asking::Twice).unwrap_err()[0].reason.code(),
            "too_long"
        );
        assert_eq!(form("enable", "whatever").parse(Asking::Once).unwrap().reason, None);
        let cleared = form("clear-factors", " Lost the phone ").parse(Asking::Twice).unwrap();
        assert_eq!(cleared.reason.as_deref(), Some("Lost the phone"));
        assert_eq!(form("clear-factors", "").parse(Asking::Twice).unwrap_err()[0].reason.code(), "required");
    }

    #[test]
    fn no_form_does_an_act_that_is_not_its_own() {
        for act in AdminAct::ALL {
            for asking in [Asking::Once, Asking::Twice, Asking::ForALink] {
                let parsed = form(act.as_str(), "Spam").parse(asking);
                assert_eq!(parsed.is_ok(), act.asking() == asking, "{act:?} {asking:?}");
                let refused = parsed.err().map(|errors| errors[0].field.clone());
                assert!(refused.is_none_or(|field| field == "act"), "{act:?}");
            }
        }
        assert_eq!(AdminAct::ALL.iter().filter(|act| act.asking() == Asking::Once).count(), 4);
    }

    #[test]
    fn a_form_is_parsed_whole_or_refused_whole() {
        let form = AdminActForm { user: "x".into(), act: "x".into(), reason: String::new() };
        let fields: Vec<_> =
            form.parse(Asking::Once).unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["user", "act"]);
        let invite = InviteForm { email: "nobody".into(), role: "root".into() };
        let fields: Vec<_> = invite.parse().unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["email", "role"]);
    }
}
