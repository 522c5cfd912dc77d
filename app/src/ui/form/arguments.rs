//! A form's fields as the arguments of its server function, read in the browser. The library's own decoder reads more
//! shapes than `form[NAME]`, the only one we have, and weighs 4 kB.
//!
//! A form is read in the order of its own list of fields, never by the fields' names: what serde writes to match names
//! would weigh four times as much, once for each form.

use crate::ui::dom::domain_name;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::{fmt, slice};

/// None where the fields are not the function's.
pub(super) fn read<F: DeserializeOwned>(form: FormFields) -> Option<F> {
    F::deserialize(Arguments(form)).ok()
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

/// The fields' names, as the domain knows them, and their texts.
pub(super) struct FormFields(Vec<(String, String)>);

impl FormFields {
    pub(super) fn new(fields: impl Iterator<Item = (String, String)>) -> Self {
        Self(fields.filter_map(|(name, text)| Some((domain_name(&name)?.to_owned(), text))).collect())
    }

    fn are_among(&self, names: &[&str]) -> bool {
        self.0.iter().all(|(name, _)| names.contains(&name.as_str()))
    }

    fn take(&mut self, name: &str) -> Option<Text> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(Text(self.0.swap_remove(at).1))
    }
}

/// A function has the argument `form`, or none.
struct Arguments(FormFields);

impl<'de> Deserializer<'de> for Arguments {
    type Error = NotItsFields;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotItsFields> {
        visitor.visit_seq(Form(Some(self.0)))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotItsFields> {
        Err(NotItsFields)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Form(Option<FormFields>);

impl<'de> SeqAccess<'de> for Form {
    type Error = NotItsFields;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NotItsFields> {
        self.0.take().map(|fields| seed.deserialize(fields)).transpose()
    }
}

impl<'de> Deserializer<'de> for FormFields {
    type Error = NotItsFields;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotItsFields> {
        if self.are_among(names) { visitor.visit_seq(InOrder(self, names.iter())) } else { Err(NotItsFields) }
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotItsFields> {
        Err(NotItsFields)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct InOrder(FormFields, slice::Iter<'static, &'static str>);

impl<'de> SeqAccess<'de> for InOrder {
    type Error = NotItsFields;

    /// None where the field is not there: serde then takes its default.
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, NotItsFields> {
        let Self(fields, names) = self;
        let text = names.next().and_then(|name| fields.take(name));
        text.map(|text| seed.deserialize(text)).transpose()
    }
}

struct Text(String);

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
