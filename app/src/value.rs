//! What came over the wire, or stands in a form, on its way to the domain's types.
//!
//! What serde writes to match the names of a struct's fields weighs four times as much as what it writes to take them in
//! their order, once for each type. So everything is read into a tree first, and each type takes its fields out of that,
//! in its own order.

use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::{fmt, slice, vec};

/// A tree of values.
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(u64),
    /// A number of a kind that we do not send: nothing reads it.
    OtherNumber,
    Text(String),
    List(Vec<Value>),
    Fields(Vec<(String, Value)>),
}

/// What came is not what was expected. Nobody reads why, so no words are made for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable;

impl Value {
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Unreadable> {
        T::deserialize(self)
    }
}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl std::error::Error for Unreadable {}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable")
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Value::Fields(fields))
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(bool) => visitor.visit_bool(bool),
            Self::Number(number) => visitor.visit_u64(number),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(list) => visitor.visit_seq(Items(list.into_iter())),
            Self::OtherNumber | Self::Fields(_) => Err(Unreadable),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let Self::Fields(fields) = self else { return Err(Unreadable) };
        visitor.visit_seq(InOrder { fields, names: names.iter() })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    /// The variant's name, or an object with that one field.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        let (name, content) = match self {
            Self::Text(name) => (name, Self::Null),
            Self::Fields(fields) => {
                let [field] = <[_; 1]>::try_from(fields).map_err(|_| Unreadable)?;
                field
            }
            _ => return Err(Unreadable),
        };
        visitor.visit_enum(Variant(name, content))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items(vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

/// The fields of a struct, in its own order.
struct InOrder {
    fields: Vec<(String, Value)>,
    names: slice::Iter<'static, &'static str>,
}

impl InOrder {
    /// None where the field is not there: it then takes its default, if it has one.
    fn next(&mut self) -> Option<Value> {
        let name = self.names.next()?;
        let at = self.fields.iter().position(|(known, _)| known == name)?;
        Some(self.fields.swap_remove(at).1)
    }
}

impl<'de> SeqAccess<'de> for InOrder {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unreadable> {
        self.next().map(|value| seed.deserialize(value)).transpose()
    }
}

struct Variant(String, Value);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Unreadable;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Unreadable> {
        let Self(name, content) = self;
        Ok((seed.deserialize(Value::Text(name))?, Content(content)))
    }
}

struct Content(Value);

impl<'de> VariantAccess<'de> for Content {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unreadable> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Unreadable> {
        Err(Unreadable)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Unreadable> {
        Err(Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initial_state::{InitialState, Unsent};
    use crate::ui::Flash;
    use domain::{Code, EmailView, ProblemDocument, Profile, ProfileView, Role, UserId, Viewer};
    use serde::Serialize;
    use std::fmt::Debug;
    use uuid::Uuid;

    fn read<T: DeserializeOwned>(json: &str) -> Result<T, Unreadable> {
        serde_json::from_str::<Value>(json).map_err(|_| Unreadable)?.read()
    }

    fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        assert_eq!(read::<T>(&serde_json::to_string(value).unwrap()).as_ref(), Ok(value));
        // A server of another version leaves out what it does not know.
        let shorter = without_nulls(serde_json::to_value(value).unwrap()).to_string();
        assert_eq!(read::<T>(&shorter).as_ref(), Ok(value), "{shorter}");
    }

    fn without_nulls(json: serde_json::Value) -> serde_json::Value {
        match json {
            serde_json::Value::Object(fields) => {
                let sent = fields.into_iter().filter(|(_, value)| !value.is_null());
                sent.map(|(name, value)| (name, without_nulls(value))).collect()
            }
            json => json,
        }
    }

    #[test]
    fn what_the_server_writes_is_read() {
        let viewer = Viewer {
            id: UserId(Uuid::from_u128(7)),
            email: "ana@example.com".into(),
            name: Some("Ana \u{1f98a} \"quoted\"".into()),
            role: Role::Admin,
            must_prove: true,
        };
        let refused = words::document(&domain::Problem::wait(16));
        let flash = Flash {
            function: "/fn/login".into(),
            problem: Some(refused.clone()),
            values: vec![("identifier".into(), "ana".into())],
            ..Flash::default()
        };
        let mut start =
            InitialState { viewer: Some(viewer.clone()), flash, unsent: Unsent::Text, ..Default::default() };
        start.settings.logo = Some([40, 30]);
        survives(&ProfileView {
            email: viewer.email.clone(),
            email_unproven: true,
            profile: Profile::default(),
            role: Role::User,
            version: "v".into(),
            password_version: "p".into(),
            created_at: Some(domain::Timestamp("2026-11-27T12:00:00.000000Z".into())),
        });
        survives(&EmailView::default());
        survives(&Viewer { name: None, ..viewer.clone() });
        survives(&start);
        survives(&InitialState::default());
        survives(&Some(viewer));
        survives(&None::<Viewer>);
        survives(&Ok::<_, ProblemDocument>("text".to_owned()));
        survives(&Err::<String, _>(refused));
        survives(&());
    }

    #[test]
    fn fields_are_found_in_any_order_beside_unknown_ones() {
        let json = r#"{"version":"v","new":[-1.5,{"a":[]}],"role":"user","bio":null,"last_name":null,"first_name":null,
            "name":"Ana","username":null,"password_version":"p","email":"ana@example.com"}"#;
        let view: ProfileView = read(json).unwrap();
        assert_eq!(
            (view.profile.name.as_deref(), view.role, view.email_unproven),
            (Some("Ana"), Role::User, false)
        );
    }

    #[test]
    fn the_viewer_of_an_older_server_has_nothing_to_prove() {
        let json = r#"{"id":"00000000-0000-0000-0000-000000000007","email":"ana@example.com","name":null,"role":"user"}"#;
        let viewer: Viewer = read(json).unwrap();
        assert!(!viewer.must_prove);
    }

    #[test]
    fn what_is_something_else_is_refused() {
        let view = serde_json::to_string(&EmailView::default()).unwrap();
        for json in ["", "<html>", "{}", "[]", "null", "7", r#"{"role":"user"}"#, r#"{"email":7}"#] {
            assert_eq!(read::<ProfileView>(json), Err(Unreadable), "{json}");
        }
        for number in ["-1", "0.5", "1e3", "18446744073709551616"] {
            assert_eq!(read::<Option<u64>>(number), Err(Unreadable), "{number}");
            assert_eq!(read::<EmailView>(&view.replace("null", number)), Err(Unreadable), "{number}");
        }
        for json in [r#""x""#, "7", "{}", "[]", r#"{"x":1,"taken":2}"#] {
            assert_eq!(read::<Code>(json), Err(Unreadable), "{json}");
        }
        assert_eq!(read::<String>(&"[".repeat(100_000)), Err(Unreadable));
    }
}
