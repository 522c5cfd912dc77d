//! What several tests need: admins, ids, patches as they come over the wire.

use accounts::SignedIn;
use domain::{AdminPatch, DeletionForm, UserId, UserPatch};
use serde_json::Value;
use testkit::{PASSWORD, World, sign_in};

/// Signs somebody up and makes an admin of them.
pub(crate) async fn admin(world: &World, name: &str) -> SignedIn {
    let signed_in = world.member(name).await;
    appoint(world, signed_in.viewer.id).await;
    signed_in
}

/// Makes an active admin of an account.
pub(crate) async fn appoint(world: &World, id: UserId) {
    let sql = "UPDATE users SET role = 'admin', is_active = true WHERE id = $1";
    sqlx::query(sql).bind(id.0).execute(&world.pool).await.unwrap();
}

/// Signs `name@example.com` in once more.
pub(crate) async fn again(world: &World, name: &str) -> SignedIn {
    let form = sign_in(&format!("{name}@example.com"), PASSWORD);
    world.accounts.sign_in(&world.stranger(), form).await.unwrap()
}

pub(crate) fn patch(json: Value) -> UserPatch {
    serde_json::from_value(json).unwrap()
}

pub(crate) fn admin_patch(json: Value) -> AdminPatch {
    serde_json::from_value(json).unwrap()
}

pub(crate) fn deletion(password: Option<&str>) -> DeletionForm {
    DeletionForm { current_password: password.map(Into::into) }
}

/// The kinds of all events but those of signing up and in, in order.
pub(crate) async fn kinds(world: &World) -> Vec<String> {
    let sql = "SELECT kind FROM audit_events WHERE kind NOT IN ('registered', 'signed_in') ORDER BY kind";
    sqlx::query_scalar(sql).fetch_all(&world.pool).await.unwrap()
}

/// Nothing can be recorded from now on.
pub(crate) async fn break_the_trail(world: &World) {
    world.execute("ALTER TABLE audit_events ADD CHECK (false) NOT VALID").await;
}
