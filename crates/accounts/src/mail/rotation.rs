use crate::credential::{EncryptionKeys, Label, Sealed};
use crate::{Accounts, Error};
use store::audit::chain;
use store::sealed::{self, SealedMail};

/// How many mails one statement encrypts anew.
const BATCH: i64 = 500;

impl Accounts {
    /// The ids of the keys that mails and links name and the ring does not hold: without them these are lost. Whose
    /// authenticator app has such a key signs in with a recovery code, so no server stays away for that.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn missing_keys(&self) -> Result<Vec<String>, Error> {
        let mut named = sealed::key_ids(self.store(), self.now()).await?;
        let held = |id: &String| {
            self.settings().encryption.iter().flat_map(EncryptionKeys::ids).any(|key| key == id)
        };
        named.retain(|id| !held(id));
        Ok(named)
    }

    /// The ids of the keys that the ring holds and no row names.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub async fn unused_keys(&self) -> Result<Vec<String>, Error> {
        let mut named = sealed::key_ids(self.store(), self.now()).await?;
        named.extend(sealed::key_ids_of_apps(self.store(), self.now()).await?);
        named.extend(chain::key_ids(self.store()).await?);
        let unused = self.encryption()?.ids().filter(|id| named.iter().all(|other| other != id));
        Ok(unused.map(str::to_owned).collect())
    }

    /// Encrypts all waiting mails of other keys with the newest one; says how many that were. One-time tokens keep
    /// theirs: the links that were mailed are made of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was encrypted by then stays so.
    pub async fn encrypt_anew(&self) -> Result<u64, Error> {
        let newest = self.encryption()?.newest(self.now());
        let mut done = 0;
        loop {
            let mails = sealed::of_other_keys(self.store(), newest, BATCH).await?;
            if mails.is_empty() {
                return Ok(done);
            }
            let anew = mails.iter().map(|mail| self.anew(mail)).collect::<Result<Vec<_>, _>>()?;
            done += sealed::replace(self.store(), &mails, newest, &anew).await?;
        }
    }

    fn anew(&self, mail: &SealedMail) -> Result<Vec<u8>, Error> {
        let keys = self.encryption()?;
        let old = Sealed { key_id: mail.key_id.clone(), bytes: mail.sealed.clone() };
        let plain = keys.open(Label::Outbox, mail.id, &old)?;
        Ok(keys.seal(Label::Outbox, mail.id, &plain, self.now(), self.inner.rng.as_ref())?.bytes)
    }
}
