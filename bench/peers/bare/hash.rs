//! Argon2id at the server's costs, on so many threads for so long: the most sign-ins that the cores can have.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::error::Error;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

pub(super) fn run(threads: usize, millis: u64) -> Result<(), Box<dyn Error>> {
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|error| error.to_string())?;
    let until = Instant::now() + Duration::from_millis(millis);
    let began = Instant::now();
    let start = |_| {
        let params = params.clone();
        thread::spawn(move || hashes(params, until))
    };
    let workers: Vec<_> = (0..threads).map(start).collect();
    let mut hashes = 0;
    for worker in workers {
        hashes += worker.join().map_err(|_| "a thread ended early")??;
    }
    println!("{hashes} {}", began.elapsed().as_secs_f64());
    Ok(())
}

fn hashes(params: Params, until: Instant) -> Result<u64, String> {
    // One memory for all hashes of a thread: less cannot be had.
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (mut out, mut count) = ([0; 32], 0);
    while Instant::now() < until {
        argon2
            .hash_password_into_with_memory(
                b"violet staircase under rain",
                b"sixteen of bytes",
                &mut out,
                &mut memory,
            )
            .map_err(|error| error.to_string())?;
        black_box(out);
        count += 1;
    }
    Ok(count)
}
