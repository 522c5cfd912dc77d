//! Usernames that nobody may choose, because a member with one could pass for the service. An admin may assign one, an
//! import may bring one, and whoever has one keeps it.

use crate::{Accounts, Error, identifier};
use domain::{Change, FieldError, ProfileChange, Reason};
use store::users::User;

/// Mailboxes that every domain has (RFC 2142, and those that certificates are proven by), roles, and words that stand
/// in addresses. In lower case and without dots, dashes and underscores, which a reader overlooks.
const RESERVED: &str = "\
    abuse account accounts admin administration administrator admins anonymous api auth billing bot ceo \
    compliance contact customerservice daemon dev developer developers dnsadmin donotreply dpo everybody \
    everyone ftp guest help helpdesk host hostmaster info legal login logout mail mailerdaemon \
    mailerdemon marketing media mod moderation moderator moderators mods news nobody none noreply null \
    official operator owner password payment payments postmaster press privacy public recovery register \
    root sales security server service session settings signin signout signup ssladmin ssladministrator \
    sslwebmaster staff status superadmin superuser support sysadmin sysop system team terms trust \
    undefined usenet users uucp verification verified verify webadmin webmaster www";

impl Accounts {
    /// Refuses a username that is reserved.
    pub(crate) fn check_reserved(&self, username: Option<&str>) -> Result<(), Error> {
        let word = username.map(plain).unwrap_or_default();
        let own = || self.settings().reserved_usernames.iter().any(|reserved| plain(reserved) == word);
        if !word.is_empty() && (words().any(|reserved| reserved == word) || own()) {
            return Err(FieldError::new("username", Reason::UsernameReserved).into());
        }
        Ok(())
    }

    /// The same for a username that replaces the user's own.
    pub(crate) fn check_new_username(&self, user: &User, change: &ProfileChange) -> Result<(), Error> {
        let Change::Set(wanted) = &change.username else { return Ok(()) };
        let kept = user.profile.username.as_deref().map(identifier::username);
        if kept == Some(identifier::username(wanted)) { Ok(()) } else { self.check_reserved(Some(wanted)) }
    }
}

fn words() -> impl Iterator<Item = &'static str> {
    RESERVED.split_ascii_whitespace()
}

/// How a username reads: `A.d-m_i.n` like `admin`.
fn plain(username: &str) -> String {
    identifier::username(username).replace(['.', '-', '_'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_written_as_it_is_compared() {
        assert!(words().all(|word| plain(word) == word));
        assert!(words().is_sorted() && words().count() > 90);
    }
}
