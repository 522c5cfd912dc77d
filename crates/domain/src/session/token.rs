use serde::{Deserialize, Serialize};
use std::fmt;

/// How an access token is sent (RFC 6749 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
}

/// The tokens of a session (RFC 6749 section 5.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenPair {
    /// A JWT to send as the bearer token.
    pub access_token: String,
    /// Exchange it once for a new pair.
    pub refresh_token: String,
    /// Always `bearer`.
    pub token_type: TokenType,
    /// Seconds until the access token expires.
    pub expires_in: u64,
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_reads_as_oauth_has_it_and_debug_output_hides_it() {
        let pair = TokenPair {
            access_token: "eyJ.access".into(),
            refresh_token: "once-only".into(),
            token_type: TokenType::Bearer,
            expires_in: 1_800,
        };
        let json = serde_json::to_value(&pair).unwrap();
        let expected = serde_json::json!({
            "access_token": "eyJ.access", "refresh_token": "once-only", "token_type": "bearer", "expires_in": 1800,
        });
        assert_eq!(json, expected);
        let shown = format!("{pair:?}");
        assert!(!shown.contains("eyJ") && !shown.contains("once"), "{shown}");
    }
}
