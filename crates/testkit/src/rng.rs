use accounts::Rng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Seeds differ between the replicas of one test, as real randomness would.
static NEXT_SEED: AtomicU64 = AtomicU64::new(1);

/// Pseudo-random bytes, the same in every run.
#[derive(Debug)]
pub struct SeededRng(Mutex<ChaCha12Rng>);

impl Default for SeededRng {
    fn default() -> Self {
        Self(Mutex::new(ChaCha12Rng::seed_from_u64(NEXT_SEED.fetch_add(1, Ordering::Relaxed))))
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}
