//! A form's fields as the arguments of its server function, read in the browser. The library's own decoder reads more
//! shapes than `form[NAME]`, the only one we have, and weighs 4 kB.

use crate::ui::dom::domain_name;
use serde::de::value::{Error, MapDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// None where the fields are not the function's.
pub(super) fn read<F: DeserializeOwned>(fields: impl Iterator<Item = (String, String)>) -> Option<F> {
    let ours = |(name, text): (String, String)| Some((domain_name(&name)?.to_owned(), Text(text)));
    let form = FormFields(fields.filter_map(ours).collect());
    F::deserialize(MapDeserializer::new([("form", form)].into_iter())).ok()
}

struct FormFields(Vec<(String, Text)>);

struct Text(String);

impl IntoDeserializer<'_, Error> for FormFields {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl IntoDeserializer<'_, Error> for Text {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for FormFields {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(self.0.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserializer<'de> for Text {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
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
        read(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
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
