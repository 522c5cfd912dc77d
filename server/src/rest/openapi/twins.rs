//! Calls that go by a second name: each is described as its twin is.

use super::{object, operations};
use serde_json::{Map, Value};

/// A second name of a call.
struct Twin {
    method: &'static str,
    path: &'static str,
    /// The operation that it is.
    of: &'static str,
    /// What it is called itself.
    id: &'static str,
    tag: &'static str,
}

const TWINS: &[Twin] = &[Twin {
    method: "post",
    path: "/api/v1/auth/register",
    of: "register",
    id: "auth_register",
    tag: "Signing in",
}];

/// Adds the second names.
pub(super) fn add(paths: &mut Map<String, Value>) {
    for twin in TWINS {
        let known = operations(paths).find(|(_, operation)| operation["operationId"] == twin.of);
        let Some(mut operation) = known.map(|(_, operation)| operation.clone()) else { continue };
        operation.insert("operationId".to_owned(), twin.id.into());
        operation.insert("tags".to_owned(), [twin.tag].as_slice().into());
        let item = object(paths.entry(twin.path).or_insert(Value::Null));
        item.insert(twin.method.to_owned(), operation.into());
    }
}
