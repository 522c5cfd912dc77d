use crate::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// As WebAuthn writes bytes in JSON.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the one text that [`encode`] writes for some bytes, `limit` of them at most: no padding, no stray bits.
pub(crate) fn decode(text: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
    if text.len() > limit.div_ceil(3) * 4 {
        return Err(Refusal::TooLong);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Base64url)?;
    if bytes.len() > limit { Err(Refusal::TooLong) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_one_way() {
        assert_eq!(decode("-_8", 2), Ok(vec![0xfb, 0xff]));
        assert_eq!(decode("", 0), Ok(vec![]));
        for other in ["-_8=", "+/8", "-_9", "-_", "-_8 ", "\n-_8", "-_8A=", "A"] {
            assert_eq!(decode(other, 9), Err(Refusal::Base64url), "{other}");
        }
        assert_eq!(decode("-_8", 1), Err(Refusal::TooLong));
        assert_eq!(decode("AAAAAAAA", 3), Err(Refusal::TooLong));
    }
}
