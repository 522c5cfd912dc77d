//! A form's fields as the arguments of its server function, read in the browser. The library's own decoder reads more
//! shapes than `form[NAME]`, the only one we have, and weighs 4 kB.

use crate::ui::dom::domain_name;
use crate::value::Value;
use serde::de::DeserializeOwned;

/// The fields' names, as the domain knows them, and their texts.
pub(super) struct FormFields(Vec<(String, Value)>);

impl FormFields {
    pub(super) fn new(fields: impl Iterator<Item = (String, String)>) -> Self {
        let ours = |(name, text): (String, String)| Some((domain_name(&name)?.to_owned(), Value::Text(text)));
        Self(fields.filter_map(ours).collect())
    }

    /// The arguments: `form` for most functions, none for some.
    fn into_arguments(self) -> Value {
        Value::Fields(vec![("form".to_owned(), Value::Fields(self.0))])
    }
}

/// None where the fields are not the function's.
pub(super) fn read<F: DeserializeOwned>(form: FormFields) -> Option<F> {
    form.into_arguments().read().ok()
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
    fn what_is_not_the_function_s_is_left_out() {
        for name in ["form[admin]", "form[name][first]", "form[]", "form[new_password", "new_password"] {
            let Call { form } = read_of::<Call<PasswordForm>>(&[(name, "x")]).unwrap();
            assert_eq!(form, PasswordForm::default(), "{name}");
        }
    }
}
