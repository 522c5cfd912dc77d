//! The answer to a plain form post, carried over one redirect in a cookie.

use app::Flash;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Browsers drop a cookie of more than 4,096 bytes, name and attributes included.
const MAX_BYTES: usize = 3_800;

/// The cookie's value. Texts within the contract's limits fit; of longer ones the longest are dropped,
/// so that at least the refusal arrives.
pub(super) fn encode(mut flash: Flash) -> String {
    loop {
        let json = serde_json::to_vec(&flash).unwrap_or_default();
        let text = URL_SAFE_NO_PAD.encode(json);
        let longest = flash.values.iter().enumerate().max_by_key(|(_, (_, value))| value.len());
        match longest.map(|(index, _)| index) {
            Some(index) if text.len() > MAX_BYTES => drop(flash.values.remove(index)),
            _ => return text,
        }
    }
}

/// What a cookie's value says, if we wrote it.
pub(super) fn decode(text: &str) -> Option<Flash> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Code, FieldError, FormReason, Problem};

    fn flash(values: &[(&str, &str)]) -> Flash {
        let errors = vec![FieldError::new("bio", FormReason::TooLong { max: 300 })];
        Flash {
            function: "/fn/profile/save".into(),
            problem: Some(words::document(&Problem::new(Code::Invalid).with_errors(errors))),
            values: values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            version: "v".repeat(22),
        }
    }

    #[test]
    fn comes_back_as_it_went() {
        let full = flash(&[("bio", &"🚪".repeat(300)), ("name", &"ü".repeat(100)), ("username", "ana")]);
        let text = encode(full.clone());
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(decode(&text), Some(full));
    }

    #[test]
    fn what_does_not_fit_is_dropped_longest_first() {
        let text = encode(flash(&[("bio", &"x".repeat(9_000)), ("name", "Ana")]));
        assert!(text.len() <= MAX_BYTES);
        let kept = decode(&text).unwrap();
        assert_eq!(kept.values, [("name".to_owned(), "Ana".to_owned())]);
        assert!(kept.problem.is_some());
    }

    #[test]
    fn nonsense_is_no_flash() {
        for text in ["", "%%%", "bm9uc2Vuc2U", "eyJmdW5jdGlvbiI6MX0"] {
            assert_eq!(decode(text), None);
        }
    }
}
