//! The factors that a session's owner has proven, as its row keeps them.

use domain::Factor;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// A factor that was proven, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// What was proven.
    pub factor: Factor,
    /// When, to the microsecond.
    pub at: OffsetDateTime,
}

/// The proofs in a row; `None` where it holds no object, which no server writes. A factor that only a newer server knows,
/// and an unreadable time, prove nothing here. The row comes as text: jsonb holds numbers that `serde_json` refuses.
pub(crate) fn read(stored: &str, authenticated_at: OffsetDateTime) -> Option<Vec<Proof>> {
    let stored: Map<String, Value> = serde_json::from_str(stored).ok()?;
    let proof = |factor: Factor| {
        let at = match stored.get(factor.as_str())? {
            Value::Null => authenticated_at,
            micros => OffsetDateTime::UNIX_EPOCH.checked_add(Duration::microseconds(micros.as_i64()?))?,
        };
        Some(Proof { factor, at })
    };
    Some(Factor::ALL.into_iter().filter_map(proof).collect())
}

pub(crate) fn write(proofs: &[Proof]) -> Value {
    let micros = |at: OffsetDateTime| i64::try_from(at.unix_timestamp_nanos() / 1_000).ok();
    let entry = |proof: &Proof| (proof.factor.as_str().to_owned(), micros(proof.at).into());
    Value::Object(proofs.iter().map(entry).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const SIGN_IN: OffsetDateTime = datetime!(2026-11-28 10:00:00.000001 UTC);

    #[test]
    fn what_is_written_is_read() {
        let proofs = vec![Proof { factor: Factor::Password, at: SIGN_IN }];
        assert_eq!(write(&proofs), json!({ "pwd": 1_795_860_000_000_001_i64 }));
        let text = |proofs: &[Proof]| write(proofs).to_string();
        assert_eq!(read(&text(&proofs), OffsetDateTime::UNIX_EPOCH), Some(proofs));
        assert_eq!(read(&text(&[]), SIGN_IN), Some(vec![]));
    }

    #[test]
    fn a_row_without_a_time_proves_the_password_of_its_sign_in() {
        let proofs = vec![Proof { factor: Factor::Password, at: SIGN_IN }];
        assert_eq!(read(r#"{"pwd": null}"#, SIGN_IN), Some(proofs));
    }

    #[test]
    fn what_this_server_does_not_know_proves_nothing() {
        for stored in [r#"{"new": 1}"#, r#"{"pwd": "soon"}"#, r#"{"pwd": 9223372036854775807}"#, "{}"] {
            assert_eq!(read(stored, SIGN_IN), Some(vec![]), "{stored}");
        }
    }

    #[test]
    fn what_no_server_writes_is_no_session() {
        for stored in ["[]", "null", "1", r#""pwd""#, r#"{"pwd": 1e400}"#] {
            assert_eq!(read(stored, SIGN_IN), None, "{stored}");
        }
    }
}
