use crate::RawToken;
use crate::credential::{EncryptionKeys, Label};
use crate::{Accounts, Error};
use domain::{CODE_ALPHABET, CODE_LETTERS, Purpose};
use uuid::Uuid;

/// What a mail shows of a token. No `Debug`: both are secrets.
pub(crate) struct Link {
    /// Leads to the page; the token stands in the fragment, which browsers send to nobody.
    pub(crate) url: String,
    /// Ten letters in two groups.
    pub(crate) code: String,
}

/// The secrets of a token's row.
pub(super) struct Secrets {
    pub(super) token: RawToken,
    pub(super) code: String,
}

impl Secrets {
    pub(super) fn of(keys: &EncryptionKeys, key_id: &str, row: Uuid) -> Result<Self, Error> {
        let token = RawToken::derived(keys.mac(Label::OneTimeToken, key_id, row, b"")?);
        let bits = keys.mac(Label::OneTimeCode, key_id, row, b"")?;
        let letter = |byte: u8| char::from(CODE_ALPHABET[usize::from(byte % 32)]);
        Ok(Self { token, code: bits.into_iter().take(CODE_LETTERS).map(letter).collect() })
    }
}

/// A code as it is stored: keyed, since fifty bits would be guessed from a plain hash.
pub(super) fn code_hash(
    keys: &EncryptionKeys,
    key_id: &str,
    row: Uuid,
    code: &str,
) -> Result<[u8; 32], Error> {
    keys.mac(Label::OneTimeCode, key_id, row, code.as_bytes())
}

impl Accounts {
    /// The link and the code of a token.
    pub(crate) fn link(&self, purpose: Purpose, key_id: &str, row: Uuid) -> Result<Link, Error> {
        let Secrets { token, mut code } = Secrets::of(self.encryption()?, key_id, row)?;
        let page = match purpose {
            Purpose::Reset => "reset",
            Purpose::Verify | Purpose::ChangeEmail | Purpose::SignUp => "verify",
            Purpose::Invite => "invite",
            Purpose::NotMe => "not-me",
            Purpose::SignIn => "login/code",
        };
        code.insert(CODE_LETTERS / 2, '-');
        Ok(Link { url: format!("{}#{}", self.page_url(page), token.reveal()), code })
    }

    /// Where a page is, for a mail: below `BASE_URL` and nowhere else (P25).
    pub(crate) fn page_url(&self, page: &str) -> String {
        format!("{}/{page}", self.settings().issuer.trim_end_matches('/'))
    }

    /// The keys for mails; without them there is no mail.
    pub(crate) fn encryption(&self) -> Result<&EncryptionKeys, Error> {
        self.settings().encryption.as_ref().ok_or(Error::MailOff)
    }
}
