use crate::credential::Stored;
use crate::{Accounts, Error};
use store::users::hashes;

impl Accounts {
    /// Learns which hashes the accounts have, so that a name without one costs what any other may: other
    /// services' hashes take longer than ours (promise P2). For the start, and once a minute afterwards.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was learnt before holds then.
    pub async fn learn_hashes(&self) -> Result<(), Error> {
        let classes = hashes::classes(self.store()).await?;
        let shares = classes.iter().filter_map(|class| {
            // One that cannot be read is itself checked as a dummy: it has no cost of its own.
            let example = Stored::parse(&class.example).ok()?;
            Some((example, u64::try_from(class.accounts).ok()?))
        });
        self.inner.hasher.learn(shares.collect());
        Ok(())
    }
}
