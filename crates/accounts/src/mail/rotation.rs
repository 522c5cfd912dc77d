use crate::credential::{EncryptionKeys, Label, Sealed};
use crate::{Accounts, Error};
use store::audit::chain;
use store::sealed::{self, SealedRow};
use uuid::Uuid;

/// How many mails one statement encrypts anew, and how many apps are read at once.
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

    /// Encrypts all waiting mails and authenticator apps of other keys with the newest one; says how many that were.
    /// One-time tokens keep theirs: the links that were mailed are made of it. So does what has a key that is not there.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was encrypted by then stays so.
    pub async fn encrypt_anew(&self) -> Result<u64, Error> {
        let newest = self.encryption()?.newest(self.now());
        let mut done = 0;
        loop {
            let mails = sealed::of_other_keys(self.store(), newest, BATCH).await?;
            if mails.is_empty() {
                return Ok(done + self.encrypt_apps_anew(newest).await?);
            }
            let anew =
                mails.iter().map(|mail| self.anew(Label::Outbox, mail)).collect::<Result<Vec<_>, _>>()?;
            done += sealed::replace(self.store(), &mails, newest, &anew).await?;
        }
    }

    async fn encrypt_apps_anew(&self, newest: &str) -> Result<u64, Error> {
        let keys = self.encryption()?;
        let (mut done, mut after) = (0, Uuid::nil());
        loop {
            let apps = sealed::apps_of_other_keys(self.store(), newest, after, BATCH).await?;
            let Some(last) = apps.last() else { return Ok(done) };
            after = last.id;
            for app in &apps {
                if keys.ids().any(|held| held == app.key_id) {
                    let anew = self.anew(Label::Totp, app)?;
                    done += sealed::replace_app(self.store(), app, newest, &anew).await?;
                }
            }
        }
    }

    fn anew(&self, label: Label, row: &SealedRow) -> Result<Vec<u8>, Error> {
        let keys = self.encryption()?;
        let old = Sealed { key_id: row.key_id.clone(), bytes: row.sealed.clone() };
        let plain = keys.open(label, row.id, &old)?;
        Ok(keys.seal(label, row.id, &plain, self.now(), self.inner.rng.as_ref())?.bytes)
    }
}
