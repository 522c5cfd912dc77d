//! Passkeys (promise P27): what one opens, what it does not, and how an account gets and loses one.

mod second_step;
mod setup;
mod sign_in;
mod trust;

use accounts::SignedIn;
use testkit::World;
use testkit::passkey::{KeyKind, SoftAuthenticator};

const SESSIONS: &str = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";

fn authenticator() -> SoftAuthenticator {
    SoftAuthenticator::new(KeyKind::EdDsa)
}

/// Ana has a passkey, and is signed in nowhere.
async fn with_passkey(world: &World) -> SoftAuthenticator {
    let mut key = authenticator();
    let mut ana = world.member("ana").await;
    world.add_passkey(&mut ana, &mut key).await;
    leave(world, &ana).await;
    key
}

/// Signs out; nothing that was recorded or mailed before is of interest.
async fn leave(world: &World, signed_in: &SignedIn) {
    world.accounts.sign_out(&world.holder(signed_in).await).await.unwrap();
    world.mail().await;
    for rows in ["DELETE FROM audit_events", "DELETE FROM known_devices", "DELETE FROM used_challenges"] {
        world.execute(rows).await;
    }
}
