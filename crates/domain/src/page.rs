use crate::{FieldError, FieldErrors, FormReason, PAGE_DEFAULT, PAGE_MAX};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// First byte of a cursor that leads on, and of one that leads back: another encoding gets another one.
const VERSION: u8 = 1;
const BACK: u8 = 2;
/// The longest cursor: that of an address of 254 bytes, and some room.
const CURSOR_MAX: usize = 666;

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

/// A part of a list in any order, which is read on and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// How many rows.
    pub limit: u16,
    /// The row that it is read from, without that row. None is the list's end from which it is read.
    pub from: Option<Place>,
    /// Which way it is read.
    pub direction: Direction,
}

/// Where a row stands in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The row's id, which parts rows of the same key.
    pub id: Uuid,
    /// What the list is ordered by; empty where that is the id alone.
    pub key: String,
}

/// Which way a list is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the first row on.
    Onward,
    /// From the last row back.
    Back,
}

/// One page of a list that is read in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TwoWayPage<T> {
    /// The items, in the order that was asked for.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the next page; null on the last page.
    pub next_cursor: Option<String>,
    /// Pass it as `cursor` to get the previous page; null on the first page.
    pub prev_cursor: Option<String>,
}

impl PageRequest {
    /// Each field by its name in the address.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 2] {
        let Self { limit, cursor } = self;
        [("limit", limit), ("cursor", cursor)]
    }

    /// Checks both fields.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<Span, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let span = errors.span(&self.limit, &self.cursor);
        errors.finish(span)
    }

    /// The same, of a list that is read on and back.
    ///
    /// # Errors
    /// All refused fields.
    pub fn window(&self) -> Result<Window, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let window = errors.window(&self.limit, &self.cursor);
        errors.finish(window)
    }
}

impl FieldErrors {
    pub(crate) fn span(&mut self, limit: &str, cursor: &str) -> Option<Span> {
        let limit = self.limit(limit);
        let after = self.cursor(cursor, decode);
        limit.map(|limit| Span { limit, after })
    }

    pub(crate) fn window(&mut self, limit: &str, cursor: &str) -> Option<Window> {
        let limit = self.limit(limit);
        let from = self.cursor(cursor, Place::decode);
        let direction = from.as_ref().map_or(Direction::Onward, |(direction, _)| *direction);
        limit.map(|limit| Window { limit, from: from.map(|(_, place)| place), direction })
    }

    fn limit(&mut self, raw: &str) -> Option<u16> {
        let limit = match raw.trim() {
            "" => Some(PAGE_DEFAULT),
            text => text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit)),
        };
        if limit.is_none() {
            self.refuse("limit", FormReason::LimitInvalid { max: PAGE_MAX });
        }
        limit
    }

    fn cursor<T>(&mut self, raw: &str, decode: impl Fn(&str) -> Option<T>) -> Option<T> {
        let place = decode(raw);
        if place.is_none() && !raw.is_empty() {
            self.refuse("cursor", FormReason::CursorInvalid);
        }
        place
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

impl Window {
    /// How many rows to read: one more than are shown says whether there is a further page.
    #[must_use]
    pub fn rows_to_read(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// What to read where this one holds no row any more: the list's end on that side.
    #[must_use]
    pub fn turned(&self) -> Self {
        let direction = match self.direction {
            Direction::Onward => Direction::Back,
            Direction::Back => Direction::Onward,
        };
        Self { limit: self.limit, from: None, direction }
    }

    /// The page made of the rows that were read, in the order in which they were read.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        place: fn(&R) -> Place,
        view: impl FnMut(R) -> T,
    ) -> TwoWayPage<T> {
        let whole = usize::from(self.limit);
        let (further, came) = (rows.len() > whole, self.from.is_some());
        rows.truncate(whole);
        let (previous, next) = match self.direction {
            Direction::Onward => (came, further),
            Direction::Back => {
                rows.reverse();
                (further, came)
            }
        };
        let cursor = |row: Option<&R>, direction| row.map(|row| place(row).encode(direction));
        let next_cursor = cursor(rows.last().filter(|_| next), Direction::Onward);
        let prev_cursor = cursor(rows.first().filter(|_| previous), Direction::Back);
        TwoWayPage { items: rows.into_iter().map(view).collect(), next_cursor, prev_cursor }
    }
}

impl Place {
    fn encode(&self, direction: Direction) -> String {
        let version = match direction {
            Direction::Onward => VERSION,
            Direction::Back => BACK,
        };
        let mut bytes = vec![version];
        bytes.extend(self.id.as_bytes());
        bytes.extend(self.key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Any key is a place: one that is no text stands where its replacement characters lead.
    fn decode(cursor: &str) -> Option<(Direction, Self)> {
        let bytes = Some(cursor).filter(|cursor| cursor.len() <= CURSOR_MAX)?;
        let bytes = URL_SAFE_NO_PAD.decode(bytes).ok()?;
        let (version, bytes) = bytes.split_first()?;
        let direction = match *version {
            VERSION => Direction::Onward,
            BACK => Direction::Back,
            _ => return None,
        };
        let (id, key) = bytes.split_at_checked(size_of::<Uuid>())?;
        let key = String::from_utf8_lossy(key).replace('\0', "\u{fffd}");
        Some((direction, Self { id: Uuid::from_slice(id).ok()?, key }))
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

    fn window(cursor: &str) -> Option<Window> {
        request("2", cursor).window().ok()
    }

    fn place(n: &u128) -> Place {
        Place { id: Uuid::from_u128(*n), key: format!("é{n}") }
    }

    #[test]
    fn a_window_leads_on_and_back() {
        let first = window("").unwrap().page(vec![1, 2, 3], place, |n| n);
        assert_eq!((&first.items, &first.prev_cursor), (&vec![1, 2], &None));
        let on = window(&first.next_cursor.unwrap()).unwrap();
        assert_eq!((on.from.clone().unwrap(), on.direction), (place(&2), Direction::Onward));
        let last = on.page(vec![3, 4], place, |n| n);
        assert_eq!((&last.items, &last.next_cursor), (&vec![3, 4], &None));
        let back = window(&last.prev_cursor.unwrap()).unwrap();
        assert_eq!((back.from.clone().unwrap(), back.direction), (place(&3), Direction::Back));
        let again = back.page(vec![2, 1], place, |n| n);
        assert_eq!((again.items, again.prev_cursor), (vec![1, 2], None));
        assert!(again.next_cursor.is_some(), "it came from there");
        assert!(back.page(vec![2, 1, 0], place, |n| n).prev_cursor.is_some());
        assert_eq!(back.turned(), Window { limit: 2, from: None, direction: Direction::Onward });
    }

    #[test]
    fn a_window_s_cursor_is_a_place_or_refused() {
        let of = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let with = |key: &[u8]| window(&of(&[&[1; 17][..], key].concat())).and_then(|window| window.from);
        assert_eq!(
            with(&[0xff, 0]).unwrap().key,
            "\u{fffd}\u{fffd}",
            "no text, and what the database refuses"
        );
        assert!(with(&[b'a'; 482]).is_some() && with(&[b'a'; 483]).is_none());
        for forged in [of(&[]), of(&[1]), of(&[1; 16]), of(&[3; 17]), of(&[0; 17]), "ü".into(), "A=".into()]
        {
            assert!(forged.is_empty() || window(&forged).is_none(), "{forged}");
        }
        let span = encode(Uuid::from_u128(8));
        assert_eq!(window(&span).unwrap().from.unwrap().id, Uuid::from_u128(8), "as it was without a key");
    }
}
