//! Who must have a second factor, and where the password alone is enough all the same: in a browser that its owner trusts.

use domain::{Factor, Role};
use time::Duration;

/// How long a browser is trusted with the password alone.
pub const BROWSER_IS_TRUSTED_FOR: Duration = Duration::days(30);

/// Whose account must have a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RequireFactor {
    /// Nobody's.
    #[default]
    Nobody,
    /// Those of admins.
    Admins,
    /// Everybody's.
    All,
}
/// Whether an account may so far do no more than set a second factor up, sign out, and be deleted.
#[must_use]
pub const fn must_enrol(require: RequireFactor, role: Role, has_factor: bool) -> bool {
    let required = match require {
        RequireFactor::Nobody => false,
        RequireFactor::Admins => matches!(role, Role::Admin),
        RequireFactor::All => true,
    };
    required && !has_factor
}

/// Whether the password alone may be enough in a browser that is trusted: never for an admin, whose account is worth more
/// to a thief, and for no code by mail.
#[must_use]
pub fn may_be_trusted(role: Role, proven: &[Factor]) -> bool {
    role == Role::User && proven.contains(&Factor::Password)
}

/// Whether whoever has proven this may have their browser trusted: by a second factor that they go on having.
#[must_use]
pub fn may_trust(role: Role, proven: &[Factor]) -> bool {
    let lasting = |factor: &Factor| match factor {
        Factor::Passkey | Factor::Totp => true,
        Factor::Password | Factor::EmailCode | Factor::RecoveryCode => false,
    };
    may_be_trusted(role, proven) && proven.iter().any(lasting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_is_set_up_where_one_is_asked_for() {
        use RequireFactor::{Admins, All, Nobody};
        for (require, user, admin) in [(Nobody, false, false), (Admins, false, true), (All, true, true)] {
            let must = [Role::User, Role::Admin].map(|role| must_enrol(require, role, false));
            assert_eq!(must, [user, admin], "{require:?}");
            assert!(!must_enrol(require, Role::User, true) && !must_enrol(require, Role::Admin, true));
        }
    }

    #[test]
    fn a_browser_is_trusted_by_a_member_s_password_and_app_alone() {
        let (password, code, totp) = (Factor::Password, Factor::EmailCode, Factor::Totp);
        for (role, proven, may_be, may) in [
            (Role::User, &[password, totp][..], true, true),
            (Role::User, &[password, Factor::Passkey], true, true),
            (Role::User, &[password], true, false),
            (Role::User, &[password, Factor::RecoveryCode], true, false),
            (Role::User, &[code, totp], false, false),
            (Role::User, &[totp], false, false),
            (Role::User, &[Factor::Passkey], false, false),
            (Role::Admin, &[password, totp], false, false),
        ] {
            let found = (may_be_trusted(role, proven), may_trust(role, proven));
            assert_eq!(found, (may_be, may), "{role:?} {proven:?}");
        }
    }
}
