use crate::{FieldError, FieldErrors, FormReason, PAGE_DEFAULT, PAGE_MAX};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// First byte of a cursor: another encoding gets another one.
const VERSION: u8 = 1;

/// Which part of a long list is asked for, as it stands in the address. Missing is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct PageRequest {
    /// How many to return, 1 to 100.
    pub limit: String,
    /// The `next_cursor` of the previous page. Leave it out for the first page.
    pub cursor: String,
}

/// A part of a list that is ordered by id, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How many rows.
    pub limit: u16,
    /// The last id of the page before.
    pub after: Option<Uuid>,
}

/// One page of a list. New items come before the first page, so none is shown twice or left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; null on the last page.
    pub next_cursor: Option<String>,
}

impl PageRequest {
    /// Checks both fields.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<Span, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let span = errors.span(&self.limit, &self.cursor);
        errors.finish(span)
    }
}

impl FieldErrors {
    pub(crate) fn span(&mut self, limit: &str, cursor: &str) -> Option<Span> {
        let limit = match limit.trim() {
            "" => Some(PAGE_DEFAULT),
            text => text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)),
        };
        if limit.is_none() {
            self.refuse("limit", FormReason::LimitInvalid { max: PAGE_MAX });
        }
        let after = Some(cursor).filter(|cursor| !cursor.is_empty()).map(decode);
        if after == Some(None) {
            self.refuse("cursor", FormReason::CursorInvalid);
        }
        limit.map(|limit| Span { limit, after: after.flatten() })
    }
}

impl Span {
    /// How many rows to read: one more than are shown says whether there is a next page.
    #[must_use]
    pub fn rows_to_read(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page made of the rows that were read.
    pub fn page<R, T>(&self, mut rows: Vec<R>, id: fn(&R) -> Uuid, view: impl FnMut(R) -> T) -> Page<T> {
        let whole = usize::from(self.limit);
        let more = rows.len() > whole;
        rows.truncate(whole);
        let next_cursor = rows.last().filter(|_| more).map(|row| encode(id(row)));
        Page { items: rows.into_iter().map(view).collect(), next_cursor }
    }
}

/// A cursor names a place and grants nothing, so it is not signed.
fn encode(id: Uuid) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(cursor: &str) -> Option<Uuid> {
    match URL_SAFE_NO_PAD.decode(cursor).ok()?.split_first()? {
        (&VERSION, id) => Uuid::from_slice(id).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(limit: &str, cursor: &str) -> PageRequest {
        PageRequest { limit: limit.into(), cursor: cursor.into() }
    }

    #[test]
    fn a_cursor_leads_to_where_its_page_ended() {
        let span = request("2", "").parse().unwrap();
        let page = span.page(vec![9, 8, 7], |n| Uuid::from_u128(*n), |n| n);
        assert_eq!(page.items, [9, 8]);
        let cursor = page.next_cursor.unwrap();
        assert_eq!(request("", &cursor).parse().unwrap().after, Some(Uuid::from_u128(8)));
        assert_eq!(span.page(vec![7, 6], |n| Uuid::from_u128(*n), |n| n).next_cursor, None);
    }

    #[test]
    fn a_page_has_1_to_100_rows() {
        for (limit, rows) in [("", 50), ("1", 1), (" 100 ", 100)] {
            assert_eq!(request(limit, "").parse().unwrap(), Span { limit: rows, after: None });
        }
        for limit in ["0", "101", "-1", "65536", "1e2", "ten", "1 0", "\0"] {
            let errors = request(limit, "").parse().unwrap_err();
            assert_eq!((errors[0].field.as_str(), errors[0].reason.code()), ("limit", "invalid"), "{limit}");
        }
    }

    #[test]
    fn forged_and_cut_cursors_are_refused() {
        let good = encode(Uuid::from_u128(8));
        let of = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let forged = [
            good[1..].to_owned(),
            good[..good.len() - 1].to_owned(),
            format!("{good}A"),
            format!("{good}="),
            format!(" {good}"),
            format!("{}B", &good[..good.len() - 1]),
            of(&[]),
            of(&[VERSION]),
            of(&[VERSION; 16]),
            of(&[VERSION; 18]),
            of(&[2; 17]),
            of(&[0; 17]),
            "%00".into(),
            "'; DROP TABLE users --".into(),
            "ü\0".into(),
            "A".repeat(100_000),
            Uuid::from_u128(8).to_string(),
        ];
        for cursor in forged.iter().filter(|cursor| !cursor.is_empty()) {
            let errors = request("", cursor).parse().unwrap_err();
            assert_eq!(
                (errors[0].field.as_str(), errors[0].reason.code()),
                ("cursor", "invalid"),
                "{cursor}"
            );
        }
        assert_eq!(request("0", "?").parse().unwrap_err().len(), 2, "both at once");
    }
}
