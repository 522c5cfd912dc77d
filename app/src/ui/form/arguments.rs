//! A form's fields as the arguments of its server function, read in the browser. The library's own decoder reads more
//! shapes than `form[NAME]`, the only one we have, and weighs 4 kB.

use crate::ui::dom::domain_name;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// None where the fields are not the function's.
pub(super) fn read<F: DeserializeOwned>(form: FormFields) -> Option<F> {
    F::deserialize(MapDeserializer::new([("form", form)].into_iter())).ok()
}

/// The fields are not the function's. Nobody reads why, so no words are made for it.
#[derive(Debug)]
pub(super) struct NotItsFields;

impl Error for NotItsFields {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl std::error::Error for NotItsFields {}

impl fmt::Display for NotItsFields {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

pub(super) struct FormFields(Vec<(String, Text)>);

struct Text(String);

impl FormFields {
    pub(super) fn new(fields: impl Iterator<Item = (String, String)>) -> Self {
        let ours = |(name, text): (String, String)| Some((domain_name(&name)?.to_owned(), Text(text)));
        Self(fields.filter_map(ours).collect())
    }
}

impl IntoDeserializer<'_, NotItsFields> for FormFields {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl IntoDeserializer<'_, NotItsFields> for Text {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for FormFields {
    type Error = NotItsFields;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotItsFields> {
        visitor.visit_map(MapDeserializer::new(self.0.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserializer<'de> for Text {
    type Error = NotItsFields;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotItsFields> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotItsFields> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NotItsFields> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{PasswordForm, ProfileForm, SignInForm};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Call<T> {
        form: T,
    }

    #[derive(Debug, Deserialize)]
    struct Nothing {}

    fn read_of<F: DeserializeOwned>(fields: &[(&str, &str)]) -> Option<F> {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        read(FormFields::new(fields))
    }

    #[test]
    fn every_kind_of_field_is_read() {
        let fields = [("form[name]", ""), ("form[bio]", "née & 50 %"), ("other", "x")];
        let Call { form } = read_of::<Call<ProfileForm>>(&fields).unwrap();
        assert_eq!((form.name.as_deref(), form.bio.as_deref()), (Some(""), Some("née & 50 %")));
        assert_eq!(form.username, None, "a field that is not there");
        let Call { form } =
            read_of::<Call<SignInForm>>(&[("form[password]", "12"), ("form[remember]", "on")]).unwrap();
        assert_eq!((form.password.expose(), form.remember.as_str()), ("12", "on"));
        assert!(read_of::<Nothing>(&[("of", "x")]).is_some());
    }

    #[test]
    fn what_is_not_the_function_s_is_not_read() {
        for name in ["form[admin]", "form[name][first]", "form[]"] {
            assert!(read_of::<Call<PasswordForm>>(&[(name, "x")]).is_none(), "{name}");
        }
        assert!(
            read_of::<Call<PasswordForm>>(&[("form[new_password", "x"), ("new_password", "x")]).is_some()
        );
    }
}
