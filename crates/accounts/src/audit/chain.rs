//! The chain over the audit trail: who can write to the database can alter it, and this shows that somebody did. Events are
//! sealed after the fact, so that no request waits for another's link.

use crate::credential::{EncryptionKeys, Label};
use crate::rng::{first_id, time_of};
use crate::{Accounts, Error};
use sha2::{Digest, Sha256};
use store::audit::chain::{self, Checkpoint, Link, Linked, Sealable};
use store::{Tx, audit, roles};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How many events are looked at in one transaction.
const PAGE: i64 = 5_000;
/// How late an event may come to be seen, after others that are younger: its transaction was open for so long, its server's
/// clock behind. No transaction is open for many minutes, and no event is dated back by more than one.
const SEEN_LATE: Duration = Duration::HOUR;

/// Which events are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// Those from where the chain ends, and an hour before that.
    New,
    /// All: a server whose clock was wrong may have dated some far back.
    All,
}

/// What is wrong with the trail, or not known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// There are no links between these two.
    Gap {
        /// The first that is missing.
        from: i64,
        /// The last.
        to: i64,
    },
    /// A link is not what was written, or its event is not.
    Changed {
        /// Which link.
        sequence: i64,
        /// Which event.
        event: Uuid,
    },
    /// A link's event is not there.
    Missing {
        /// Which link.
        sequence: i64,
        /// Which event.
        event: Uuid,
    },
    /// What is told about an event is not what was written.
    DetailsChanged {
        /// Which event.
        event: Uuid,
    },
    /// The key of a link is not among ours, so nothing can be said of it.
    KeyUnknown {
        /// Which link.
        sequence: i64,
        /// Which key.
        key_id: String,
    },
    /// What pruning left is not what was written.
    CheckpointChanged {
        /// Of which link.
        sequence: i64,
    },
    /// No link seals the event yet.
    Unsealed {
        /// Which event.
        event: Uuid,
    },
}

/// What was looked at, and how the chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many links there are.
    pub links: u64,
    /// How many events no link seals yet.
    pub unsealed: u64,
    /// The last link's number and code: whoever keeps them elsewhere notices when the end is cut off.
    pub head: Option<(i64, Vec<u8>)>,
    /// Whether nothing was found but unsealed events.
    pub whole: bool,
}

/// The end of the chain as far as it was read.
#[derive(Debug, Clone, Default)]
struct Head {
    sequence: i64,
    mac: Vec<u8>,
}

impl From<&Link> for Head {
    fn from(link: &Link) -> Self {
        Self { sequence: link.sequence, mac: link.mac.clone() }
    }
}

impl Accounts {
    /// Whether events are sealed: without an encryption key they are not.
    #[must_use]
    pub fn seals_audit(&self) -> bool {
        self.settings().encryption.is_some()
    }

    /// Whether this role of the database can change or delete what the trail holds, as pruning does.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn may_change_audit(&self) -> Result<bool, Error> {
        Ok(roles::may_change_trail(self.store()).await?)
    }

    /// Adds a link for each event that has none; says how many. It leaves that to another server which is at it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was sealed by then stays so.
    pub async fn seal_audit(&self, which: Seal) -> Result<u64, Error> {
        Ok(self.seal_trail(which).await?.0)
    }

    /// The same; says too whether it went through, or left the rest to another server.
    ///
    /// # Errors
    /// As [`Accounts::seal_audit`].
    pub async fn seal_trail(&self, which: Seal) -> Result<(u64, bool), Error> {
        let Some(keys) = &self.settings().encryption else { return Ok((0, true)) };
        let mut after = match which {
            Seal::New => self.end_of_chain().await?,
            Seal::All => Uuid::nil(),
        };
        let mut sealed = 0;
        while let Some(until) = audit::page_end(self.store(), after, PAGE).await? {
            let mut tx = self.store().begin().await?;
            if !chain::try_lock(&mut tx).await? {
                return Ok((sealed, false));
            }
            sealed += self.seal_page(&mut tx, keys, after, until).await?;
            tx.commit().await?;
            after = until;
        }
        Ok((sealed, true))
    }

    /// After which event some may not be sealed yet. An event of the future ends nothing.
    async fn end_of_chain(&self) -> Result<Uuid, Error> {
        let mut tx = self.store().begin().await?;
        let last = chain::last(&mut tx).await?;
        tx.rollback().await?;
        let begin = |last: Link| first_id(time_of(last.event_id).min(self.now()) - SEEN_LATE);
        Ok(last.map_or(Uuid::nil(), begin))
    }

    async fn seal_page(
        &self,
        tx: &mut Tx,
        keys: &EncryptionKeys,
        after: Uuid,
        until: Uuid,
    ) -> Result<u64, Error> {
        let mut events = chain::unsealed(tx, after, until).await?;
        // Moving the details of an older server's event changes its row.
        events.retain(|event| event.details_digest.is_some());
        if events.is_empty() {
            return Ok(0);
        }
        let key_id = keys.newest(self.now());
        let mut head = match chain::last(tx).await? {
            Some(link) => Head::from(&link),
            None => begin(chain::checkpoint(tx).await?.as_ref()),
        };
        let mut links = Vec::with_capacity(events.len());
        for event in &events {
            let sequence = head.sequence + 1;
            let mac = link_mac(keys, key_id, &head, sequence, event)?;
            let link = Link { sequence, event_id: event.id, key_id: key_id.to_owned(), mac };
            head = Head::from(&link);
            links.push(link);
        }
        chain::append(tx, &links).await?;
        Ok(u64::try_from(links.len()).unwrap_or(u64::MAX))
    }

    /// Looks at the whole trail, and tells what it finds.
    ///
    /// # Errors
    /// [`Error::MailOff`] without an encryption key, [`Error::Unavailable`].
    pub async fn verify_audit(&self, mut tell: impl FnMut(Finding)) -> Result<Verified, Error> {
        let keys = self.encryption()?;
        let mut verified = Verified { links: 0, unsealed: 0, head: None, whole: true };
        let mut tell_fault = |finding| {
            verified.whole = false;
            tell(finding);
        };
        let mut tx = self.store().begin().await?;
        // Nobody prunes in between.
        chain::see_one_moment(&mut tx).await?;
        let checkpoint = chain::checkpoint(&mut tx).await?;
        if let Some(checkpoint) = checkpoint.as_ref().filter(|checkpoint| !is_signed(keys, checkpoint)) {
            tell_fault(Finding::CheckpointChanged { sequence: checkpoint.sequence });
        }
        let mut head = begin(checkpoint.as_ref());
        loop {
            let page = chain::page(&mut tx, head.sequence, PAGE).await?;
            let Some(last) = page.last() else { break };
            verified.head = Some((last.link.sequence, last.link.mac.clone()));
            for linked in &page {
                verified.links += 1;
                findings(keys, &head, linked, &mut tell_fault);
                head = Head::from(&linked.link);
            }
        }
        tx.rollback().await?;
        verified.unsealed = self.tell_unsealed(tell).await?;
        Ok(verified)
    }

    async fn tell_unsealed(&self, mut tell: impl FnMut(Finding)) -> Result<u64, Error> {
        let (mut after, mut unsealed) = (Uuid::nil(), 0);
        while let Some(until) = audit::page_end(self.store(), after, PAGE).await? {
            let mut tx = self.store().begin().await?;
            for event in chain::unsealed(&mut tx, after, until).await? {
                unsealed += 1;
                tell(Finding::Unsealed { event: event.id });
            }
            tx.rollback().await?;
            after = until;
        }
        Ok(unsealed)
    }

    /// Deletes the events before a time, from the oldest link to the first that is younger, and leaves a signed checkpoint in
    /// place of their links. Says how many events went. What is not whole stays, and so does all after it.
    ///
    /// # Errors
    /// [`Error::MailOff`] without an encryption key, [`Error::Internal`] where something is not whole,
    /// [`Error::Unavailable`]; what was pruned by then is gone.
    pub async fn prune_audit(&self, before: OffsetDateTime) -> Result<u64, Error> {
        let mut pruned = 0;
        loop {
            let mut tx = self.store().begin().await?;
            chain::lock(&mut tx).await?;
            let gone = self.prune_page(&mut tx, before).await?;
            tx.commit().await?;
            match gone {
                0 => return Ok(pruned),
                gone => pruned += gone,
            }
        }
    }

    async fn prune_page(&self, tx: &mut Tx, before: OffsetDateTime) -> Result<u64, Error> {
        let keys = self.encryption()?;
        let checkpoint = chain::checkpoint(tx).await?;
        if checkpoint.as_ref().is_some_and(|checkpoint| !is_signed(keys, checkpoint)) {
            return Err(Error::internal("the checkpoint of the audit trail is not what was written"));
        }
        let mut head = begin(checkpoint.as_ref());
        let first = head.sequence;
        for linked in chain::page(tx, first, PAGE).await? {
            if linked.event.as_ref().is_some_and(|event| event.at >= before) {
                break;
            }
            let mut whole = true;
            findings(keys, &head, &linked, &mut |_| whole = false);
            if !whole {
                let sequence = linked.link.sequence;
                return Err(Error::internal(format!("the audit trail is not whole at link {sequence}")));
            }
            head = Head::from(&linked.link);
        }
        if head.sequence == first {
            return Ok(0);
        }
        chain::prune(tx, &sign(keys, &head, self.now())?).await?;
        Ok((head.sequence - first).unsigned_abs())
    }
}

/// What is wrong with a link, given the one before it.
fn findings(keys: &EncryptionKeys, head: &Head, linked: &Linked, tell: &mut impl FnMut(Finding)) {
    let Linked { link: Link { sequence, event_id, key_id, mac }, event, details } = linked;
    let (sequence, id) = (*sequence, *event_id);
    let follows = sequence == head.sequence + 1;
    if !follows {
        tell(Finding::Gap { from: head.sequence + 1, to: sequence - 1 });
    }
    let Some(event) = event else {
        tell(Finding::Missing { sequence, event: id });
        return;
    };
    if !keys.ids().any(|known| known == key_id) {
        tell(Finding::KeyUnknown { sequence, key_id: key_id.clone() });
    } else if follows && link_mac(keys, key_id, head, sequence, event).is_ok_and(|expected| expected != *mac)
    {
        tell(Finding::Changed { sequence, event: id });
    }
    let digest = details.as_ref().map(|(salt, text)| {
        Sha256::new_with_prefix(salt).chain_update(id.as_bytes()).chain_update(text).finalize().to_vec()
    });
    if digest.is_some() && digest != event.details_digest {
        tell(Finding::DetailsChanged { event: id });
    }
}

/// Where the chain begins.
fn begin(checkpoint: Option<&Checkpoint>) -> Head {
    checkpoint.map_or_else(Head::default, |Checkpoint { sequence, link, .. }| Head {
        sequence: *sequence,
        mac: link.clone(),
    })
}

/// A link's code. Each part has its length before it, so none runs into the next.
fn link_mac(
    keys: &EncryptionKeys,
    key_id: &str,
    before: &Head,
    sequence: i64,
    event: &Sealable,
) -> Result<Vec<u8>, Error> {
    let id = |id: Option<Uuid>| id.map_or(Vec::new(), |id| id.as_bytes().to_vec());
    let data = joined(&[
        &sequence.to_be_bytes(),
        &before.mac,
        &microseconds(event.at),
        event.kind.as_bytes(),
        event.result.as_bytes(),
        &id(event.actor_id),
        &id(event.subject_id),
        &id(event.session_id),
        event.request_id.as_bytes(),
        event.details_digest.as_deref().unwrap_or_default(),
    ]);
    Ok(keys.mac(Label::AuditLink, key_id, event.id, &data)?.to_vec())
}

fn sign(keys: &EncryptionKeys, head: &Head, now: OffsetDateTime) -> Result<Checkpoint, Error> {
    let Head { sequence, mac: link } = head.clone();
    let key_id = keys.newest(now).to_owned();
    let mac = checkpoint_mac(keys, &key_id, head, now)?;
    Ok(Checkpoint { sequence, link, pruned_at: now, key_id, mac })
}

fn is_signed(keys: &EncryptionKeys, checkpoint: &Checkpoint) -> bool {
    let Checkpoint { pruned_at, key_id, mac, .. } = checkpoint;
    checkpoint_mac(keys, key_id, &begin(Some(checkpoint)), *pruned_at).is_ok_and(|expected| expected == *mac)
}

fn checkpoint_mac(
    keys: &EncryptionKeys,
    key_id: &str,
    head: &Head,
    pruned_at: OffsetDateTime,
) -> Result<Vec<u8>, Error> {
    let data = joined(&[&head.sequence.to_be_bytes(), &head.mac, &microseconds(pruned_at)]);
    Ok(keys.mac(Label::AuditCheckpoint, key_id, Uuid::nil(), &data)?.to_vec())
}

/// As exact as the database keeps a time.
fn microseconds(at: OffsetDateTime) -> [u8; 16] {
    (at.unix_timestamp_nanos() / 1_000).to_be_bytes()
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
