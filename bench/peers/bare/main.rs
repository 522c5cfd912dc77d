//! What the server's figures are compared with: `peer bare ADDRESS`, `peer page ADDRESS`, `peer argon2 THREADS MILLIS`.

mod hash;
mod page;
mod user;

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["bare", address] => user::serve(address).await,
        ["page", address] => page::serve(address).await,
        ["argon2", threads, millis] => hash::run(threads.parse()?, millis.parse()?),
        _ => Err("peer bare ADDRESS, peer page ADDRESS, peer argon2 THREADS MILLIS".into()),
    }
}
