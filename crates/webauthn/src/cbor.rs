//! CBOR as authenticators write it (CTAP 2.2, section 8): lengths are known, nothing is nested deeply.

use minicbor::Decoder;
use minicbor::data::Type;

/// As deep as CTAP lets messages be.
const DEPTH: usize = 4;

/// How many entries the map has that begins here.
pub(crate) fn map(decoder: &mut Decoder<'_>) -> Option<u64> {
    decoder.map().ok()?
}

/// Steps over one item and returns its bytes.
pub(crate) fn item<'a>(decoder: &mut Decoder<'a>) -> Option<&'a [u8]> {
    let start = decoder.position();
    step(decoder, DEPTH)?;
    decoder.input().get(start..decoder.position())
}

/// Whether everything was read.
pub(crate) fn at_end(decoder: &Decoder<'_>) -> bool {
    decoder.position() == decoder.input().len()
}

fn step(decoder: &mut Decoder<'_>, depth: usize) -> Option<()> {
    let start = decoder.position();
    let mut items = 0;
    let (number, content) = match decoder.datatype().ok()? {
        Type::Bool => (u64::from(decoder.bool().ok()?), 0),
        Type::Null => decoder.null().map(|()| (0, 0)).ok()?,
        Type::Bytes => sized(decoder.bytes().ok()?)?,
        Type::String => sized(decoder.str().ok()?.as_bytes())?,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => (decoder.u64().ok()?, 0),
        // Minus one is the number zero of its kind.
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            (u64::try_from(-1 - i128::from(decoder.int().ok()?)).ok()?, 0)
        }
        Type::Array => {
            items = decoder.array().ok()??;
            (items, 0)
        }
        Type::Map => {
            let pairs = map(decoder)?;
            items = pairs.checked_mul(2)?;
            (pairs, 0)
        }
        _ => return None,
    };
    let is_map = decoder.input().get(start)? >> 5 == 5;
    // A number in more bytes than it takes is another spelling.
    if decoder.position() - start - content != head(number) || (items > 0 && depth == 0) {
        return None;
    }
    let mut last: Option<&[u8]> = None;
    // Each item takes a byte at least, so this ends with the input.
    for place in 0..items {
        let begin = decoder.position();
        step(decoder, depth.saturating_sub(1))?;
        if is_map && place % 2 == 0 {
            let key = decoder.input().get(begin..decoder.position())?;
            // Every key once, in CTAP's order.
            if last.is_some_and(|last| order(last) >= order(key)) {
                return None;
            }
            last = Some(key);
        }
    }
    Some(())
}

fn sized(content: &[u8]) -> Option<(u64, usize)> {
    Some((u64::try_from(content.len()).ok()?, content.len()))
}

/// In how many bytes a number is written.
fn head(number: u64) -> usize {
    match number {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        0x1_0000..0x1_0000_0000 => 5,
        _ => 9,
    }
}

/// By type, then by length, then by the bytes.
fn order(key: &[u8]) -> (u8, usize, &[u8]) {
    (key.first().map_or(0, |byte| byte >> 5), key.len(), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_item_is_stepped_over() {
        let whole = |bytes: &[u8]| {
            let mut decoder = Decoder::new(bytes);
            item(&mut decoder).map(<[u8]>::len) == Some(bytes.len())
        };
        for good in [
            &b"\xa1\x61a\xf5"[..],
            b"\x82\x01\x20",
            b"\x42xy",
            b"\xa0",
            b"\xf6",
            b"\x81\x81\x81\x81\x01",
            b"\xa3\x18\x20\x01\x20\xf4\x61a\x80",
            b"\xf5",
            b"\x3a\x00\x01\x00\x00",
            b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(whole(good), "{good:x?}");
        }
        for bad in [
            &b""[..],
            b"\xa1\x61a",
            b"\xbf\xff",
            b"\x9f\xff",
            b"\x5f\x41x\xff",
            b"\xff",
            b"\xa1\x00\xff",
            b"\xc0\x61a",
            b"\xf9\x00\x00",
            b"\x42x",
            b"\x61\xff",
            b"\x81\x81\x81\x81\x81\x01",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x18\x01",
            b"\x38\x01",
            b"\x58\x01x",
            b"\x98\x01\x01",
            b"\xb8\x01\x01\x01",
            b"\x1a\x00\x00\xff\xff",
            b"\xa2\x61a\xf5\x61a\xf4",
            b"\xa2\x61b\xf5\x61a\xf4",
            b"\xa2\x62aa\xf5\x61b\xf4",
            b"\xa2\x61a\xf5\x01\xf4",
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(!whole(bad), "{bad:x?}");
        }
    }
}
