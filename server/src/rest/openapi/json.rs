//! The document's parts, as objects to write into.

use serde_json::{Map, Value};

/// Every operation, with its method.
pub(super) fn operations(
    paths: &mut Map<String, Value>,
) -> impl Iterator<Item = (String, &mut Map<String, Value>)> {
    let items = paths.values_mut().map(object);
    items.flat_map(|item| item.iter_mut().map(|(method, operation)| (method.clone(), object(operation))))
}

/// The value as an object; whatever it was before, it is one from now on.
pub(super) fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was just made one"),
    }
}
