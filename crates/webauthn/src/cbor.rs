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
    let items = match decoder.datatype().ok()? {
        Type::Bool => decoder.bool().map(|_| 0).ok()?,
        Type::Null => decoder.null().map(|()| 0).ok()?,
        Type::Bytes => decoder.bytes().map(|_| 0).ok()?,
        Type::String => decoder.str().map(|_| 0).ok()?,
        Type::Array => decoder.array().ok()??,
        Type::Map => map(decoder)?.checked_mul(2)?,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map(|_| 0).ok()?,
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => decoder.int().map(|_| 0).ok()?,
        _ => return None,
    };
    if items > 0 && depth == 0 {
        return None;
    }
    // Each item takes a byte at least, so this ends with the input.
    (0..items).try_for_each(|_| step(decoder, depth.saturating_sub(1)))
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
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(!whole(bad), "{bad:x?}");
        }
    }
}
