use serde::{Deserialize, Serialize};

/// A moment in RFC 3339, in UTC and to the microsecond: `2026-11-21T11:00:00.000000Z`.
// It is text, since a view only shows it, and a calendar would enlarge every visitor's download.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(format = DateTime))]
#[serde(transparent)]
pub struct Timestamp(pub String);
