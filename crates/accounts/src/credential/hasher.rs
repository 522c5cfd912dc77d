use super::dummy::Dummies;
use super::queue::{Priority, Queue};
use super::stored::{self, Scheme, Stored};
use super::strength::Strength;
use crate::measures::HashingMeasures;
use crate::{Error, Rng, SetupError, rng};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::{FieldError, PlainPassword, Reason};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Floor and default: OWASP's Argon2id figures (Password Storage Cheat Sheet; RFC 9106 section 4).
const FLOOR: (u32, u32, u32) = (19_456, 2, 1);
/// Every hash that is written can be read again: it stays below the ceiling for reading.
const CEILING: (u32, u32) = stored::ARGON2;
const OUTPUT: usize = Params::DEFAULT_OUTPUT_LEN;

/// What a password hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hashing {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Hashes computed at once: the number of cores.
    pub permits: usize,
}

impl Default for Hashing {
    fn default() -> Self {
        let permits = std::thread::available_parallelism().map_or(1, usize::from);
        Self { memory_kib: FLOOR.0, passes: FLOOR.1, lanes: FLOOR.2, permits }
    }
}

impl Hashing {
    /// The most memory that a stored hash may ask for, in KiB.
    pub const MOST_MEMORY_KIB: u32 = CEILING.0;

    /// How long a hash takes here while all permits are used, whose cores share one memory: the middle one of three.
    ///
    /// # Errors
    /// [`SetupError`] where Argon2 refuses these costs.
    pub fn measure(&self) -> Result<Duration, SetupError> {
        let refused = |error: argon2::Error| SetupError::WeakHashing(error.to_string());
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(OUTPUT)).map_err(refused)?;
        let context = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = || context.hash_password_into(b"a password", &[7; 16], &mut [0; OUTPUT]);
        let mut took = [Duration::ZERO; 3];
        for one in &mut took {
            let begin = Instant::now();
            std::thread::scope(|scope| {
                let others: Vec<_> = (1..self.permits).map(|_| scope.spawn(hash)).collect();
                let own = hash();
                others.into_iter().map(|other| other.join().unwrap_or(Ok(()))).fold(own, Result::and)
            })
            .map_err(refused)?;
            *one = begin.elapsed();
        }
        took.sort_unstable();
        Ok(took[1])
    }
}

/// The result of one attempt to prove a password. No `Debug`: it holds a hash.
pub(crate) struct Verdict {
    /// Whether it was the password.
    pub(crate) matches: bool,
    /// The same password as Argon2id, where the stored hash was cheaper or foreign.
    pub(crate) rehashed: Option<String>,
}

/// Computes Argon2id hashes off the async threads, at most `permits` at once (promise P16).
pub(crate) struct Hasher {
    params: Params,
    queue: Queue,
    /// New passwords are judged one at a time, in a queue of their own: judging a hostile one takes longer than ten
    /// sign-ins, and these must not wait for it.
    judges: Queue,
    work: Arc<Work>,
    dummies: Dummies,
    rng: Arc<dyn Rng>,
}

/// What the hashing threads share: the counter and the memory that they reuse.
#[derive(Default)]
struct Work {
    count: AtomicU64,
    /// How many of these were not Argon2.
    foreign: AtomicU64,
    memory: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    /// A hasher at this cost. `key` picks the dummies and is the same on every replica; `rng` gives the salts.
    pub(crate) fn new(hashing: &Hashing, key: &[u8], rng: Arc<dyn Rng>) -> Result<Self, SetupError> {
        let Hashing { memory_kib, passes, lanes, permits } = *hashing;
        if memory_kib < FLOOR.0 || passes < FLOOR.1 || lanes < FLOOR.2 || permits == 0 {
            return Err(SetupError::WeakHashing(format!(
                "at least {} KiB, {} passes, {} lane",
                FLOOR.0, FLOOR.1, FLOOR.2
            )));
        }
        if memory_kib > CEILING.0 || passes > CEILING.1 {
            return Err(SetupError::WeakHashing(format!(
                "at most {} KiB and {} passes",
                CEILING.0, CEILING.1
            )));
        }
        let params = Params::new(memory_kib, passes, lanes, Some(OUTPUT))
            .map_err(|error| SetupError::WeakHashing(error.to_string()))?;
        let scheme = Scheme::Argon2(Algorithm::Argon2id, Version::V0x13, params.clone());
        let ours = Stored { scheme, salt: vec![0; 16], expected: vec![0; OUTPUT] };
        Ok(Self {
            params,
            queue: Queue::new(permits),
            judges: Queue::new(1),
            work: Arc::default(),
            dummies: Dummies::new(key, &ours),
            rng,
        })
    }

    /// How many hashes were computed so far.
    pub(crate) fn count(&self) -> u64 {
        self.work.count.load(Ordering::Relaxed)
    }

    /// How many of these were of another scheme than Argon2.
    pub(crate) fn foreign_count(&self) -> u64 {
        self.work.foreign.load(Ordering::Relaxed)
    }

    /// How much was hashed, and how full it is.
    pub(crate) fn measures(&self) -> HashingMeasures {
        let (working, waiting) = self.queue.load();
        let (waited, refused) = self.queue.waits();
        HashingMeasures { hashes: self.count(), waited, refused, working, waiting }
    }

    /// Whether no place is left now.
    pub(crate) fn is_full(&self, priority: Priority) -> bool {
        self.queue.is_full(priority)
    }

    /// Judges a new password and hashes it, or says why it is too weak.
    pub(crate) async fn choose(
        &self,
        password: PlainPassword,
        strength: Strength,
        priority: Priority,
    ) -> Result<Result<String, FieldError<Reason>>, Error> {
        let password = nfc(&password);
        let (judged, params) = (password.clone(), self.params.clone());
        let verdict = self.run(&self.judges, priority, move |_| strength.judge(&judged)).await?;
        if let Err(refusal) = verdict {
            return Ok(Err(refusal));
        }
        let salt = self.salt();
        self.run(&self.queue, priority, move |work| work.hash(&password, &params, &salt)).await?.map(Ok)
    }

    /// A salt for a hash that is to be stored.
    fn salt(&self) -> [u8; 16] {
        rng::bytes(self.rng.as_ref())
    }

    /// Whether hashes of today's cost are among those that it has learnt of.
    pub(crate) fn knows_todays(&self) -> bool {
        self.dummies.stand_for(None)
    }

    /// How many kinds of hashes accounts were seen to have that it has not learnt of.
    pub(crate) fn met_others(&self) -> usize {
        self.dummies.met()
    }

    /// Learns which hashes the accounts have, and how many accounts each stands for. So many others had been met when they
    /// were begun to be counted.
    pub(crate) fn learn(&self, shares: Vec<(Stored, u64)>, met: usize) {
        self.dummies.learn(shares, met);
    }

    /// Checks a password against the stored hash of `name`, or against the name's dummy where there is none: one hash
    /// either way, and a second one only to `renew` an old hash.
    pub(crate) async fn verify(
        &self,
        password: PlainPassword,
        name: &str,
        stored: Option<&str>,
        renew: bool,
        priority: Priority,
    ) -> Result<Verdict, Error> {
        let read = stored.and_then(|text| {
            // A hash we cannot read proves nothing, and must cost what any other does.
            Stored::parse(text).inspect_err(|error| tracing::error!(%error, "unreadable password hash")).ok()
        });
        if let Some(stored) = &read {
            self.dummies.meet(stored);
        }
        let known = read.is_some();
        let stored = read.unwrap_or_else(|| self.dummies.pick(name));
        let (params, salt) = (self.params.clone(), self.salt());
        self.run(&self.queue, priority, move |work| {
            let matches = match work.matches(&password, &stored) {
                Ok(matches) => matches && known,
                // A different answer would tell which names are unknown.
                Err(error) => {
                    tracing::error!(%error, "a password hash that cannot be computed");
                    work.hash(&nfc(&password), &params, &salt)?;
                    false
                }
            };
            let successor = if matches && renew { stored.scheme.successor(&params) } else { None };
            let rehashed = successor.map(|params| work.hash(&nfc(&password), &params, &salt)).transpose()?;
            Ok(Verdict { matches, rehashed })
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        queue: &Queue,
        priority: Priority,
        job: impl FnOnce(&Work) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let permit = queue.enter(priority).await?;
        let work = Arc::clone(&self.work);
        // The permit moves into the closure: a request that is dropped must not free it early.
        tokio::task::spawn_blocking(move || {
            let _held = permit;
            job(&work)
        })
        .await
        .map_err(Error::internal)
    }
}

/// One text for the spellings of a password: keyboards differ in how they compose an ü (NIST SP
/// 800-63B-4 section 3.1.1.2).
fn nfc(password: &PlainPassword) -> Zeroizing<String> {
    Zeroizing::new(password.expose().nfc().collect())
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<String, argon2::password_hash::Error> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(output)?),
    };
    Ok(hash.to_string())
}

impl Work {
    fn hash(&self, password: &str, params: &Params, salt: &[u8]) -> Result<String, Error> {
        let context = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let output = self.compute(&context, password, salt, OUTPUT)?;
        phc(params, salt, &output).map_err(Error::internal)
    }

    /// Whether the password belongs to a stored hash. We hash its NFC. Other services hashed what was typed, so their
    /// hashes are compared with the password as typed, in one spelling, since only one hash may be computed.
    fn matches(&self, password: &PlainPassword, stored: &Stored) -> Result<bool, Error> {
        let text =
            if stored.scheme.is_ours() { nfc(password) } else { Zeroizing::new(password.expose().into()) };
        let length = stored.expected.len();
        let output = match &stored.scheme {
            Scheme::Argon2(algorithm, version, params)
            | Scheme::ForeignArgon2(algorithm, version, params) => {
                let context = Argon2::new(*algorithm, *version, params.clone());
                self.compute(&context, &text, &stored.salt, length)?
            }
            foreign => {
                self.count.fetch_add(1, Ordering::Relaxed);
                self.foreign.fetch_add(1, Ordering::Relaxed);
                let output = foreign.derive(text.as_bytes(), &stored.salt, length);
                output.ok_or_else(|| Error::internal("a foreign hash that cannot be computed"))?
            }
        };
        Ok(verify_slices_are_equal(&output, &stored.expected).is_ok())
    }

    fn compute(
        &self,
        context: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, Error> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut memory = self.take_memory();
        memory.resize(context.params().block_count(), Block::default());
        let mut output = vec![0; length];
        let done =
            context.hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut memory);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        done.map(|()| output).map_err(Error::internal)
    }

    fn take_memory(&self) -> Vec<Block> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}
