use crate::credential::Stored;
use crate::{Accounts, Error};
use store::users::hashes;

impl Accounts {
    /// Learns which hashes the accounts have, so that hashing an unknown name costs what hashing a known one does:
    /// other services' hashes may take longer than ours (promise P2). To be called at the start and once a minute.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was learnt before holds then.
    pub async fn learn_hashes(&self) -> Result<(), Error> {
        let classes = hashes::classes(self.store()).await?;
        let shares = classes.iter().filter_map(|class| {
            // An unreadable hash is checked as a dummy, so it has no cost of its own.
            let example = Stored::parse(&class.example).ok()?;
            Some((example, u64::try_from(class.accounts).ok()?))
        });
        self.inner.hasher.learn(shares.collect());
        Ok(())
    }
}
