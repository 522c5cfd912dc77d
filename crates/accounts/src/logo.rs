use crate::SetupError;
use std::fmt;

/// `APP_LOGO_FILE`: a picture that pages and mails show in place of the mark. Mail clients show no SVG.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    bytes: Vec<u8>,
    format: Format,
    width: u32,
    height: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Png,
    Jpeg,
}

impl Logo {
    /// Each mail with a logo carries it.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// Its name inside a mail.
    pub const CONTENT_ID: &str = "logo";
    const SIDE: std::ops::RangeInclusive<u32> = 32..=2048;

    /// The picture as its first bytes describe it, whatever its file is called.
    ///
    /// # Errors
    /// [`SetupError::Logo`] where it is no PNG or JPEG, or too large.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SetupError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(SetupError::Logo("it has more than 64 KiB"));
        }
        let (format, width, height) = png(&bytes)
            .map(|(width, height)| (Format::Png, width, height))
            .or_else(|| jpeg(&bytes).map(|(width, height)| (Format::Jpeg, width, height)))
            .ok_or(SetupError::Logo("it is neither a PNG nor a JPEG"))?;
        if !Self::SIDE.contains(&width) || !Self::SIDE.contains(&height) {
            return Err(SetupError::Logo("its sides must have 32 to 2,048 pixels"));
        }
        Ok(Self { bytes, format, width, height })
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        match self.format {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
        }
    }

    /// Its width and height where it is as large as fits into these.
    #[must_use]
    pub fn within(&self, width: u32, height: u32) -> [u32; 2] {
        let wide = height * self.width / self.height;
        if wide <= width { [wide.max(1), height] } else { [width, (width * self.height / self.width).max(1)] }
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, width, height, .. } = self;
        f.debug_struct("Logo")
            .field("format", format)
            .field("width", width)
            .field("height", height)
            .finish_non_exhaustive()
    }
}

/// Its size, from the chunk that comes first.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?));
    Some((side(0)?, side(4)?))
}

/// Its size, from the segment that starts a frame; segments before it are skipped by their length.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, high, low, after @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if let (true, [_, height_high, height_low, width_high, width_low, ..]) = (frame, after) {
            let height = u16::from_be_bytes([*height_high, *height_low]);
            return Some((u16::from_be_bytes([*width_high, *width_low]).into(), height.into()));
        }
        rest = after.get(length.checked_sub(2)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let start = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        [start, width.to_be_bytes().to_vec(), height.to_be_bytes().to_vec(), vec![8, 6, 0, 0, 0]].concat()
    }

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        let app = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xfe\0\x04hi".to_vec();
        [app, b"\xff\xc2\0\x11\x08".to_vec(), height.to_be_bytes().to_vec(), width.to_be_bytes().to_vec()]
            .concat()
    }

    #[test]
    fn a_logo_is_what_its_bytes_say() {
        let png = Logo::new(png_of(320, 80)).unwrap();
        let jpeg = Logo::new(jpeg_of(100, 400)).unwrap();
        assert_eq!((png.media_type(), png.within(160, 32)), ("image/png", [128, 32]));
        assert_eq!((png.within(100, 40), jpeg.within(160, 40)), ([100, 25], [10, 40]));
        assert_eq!((jpeg.media_type(), jpeg.bytes().len()), ("image/jpeg", jpeg_of(1, 1).len()));
        assert_eq!(Logo::new(png_of(2048, 32)).unwrap().within(160, 32), [160, 2]);
    }

    #[test]
    fn what_mail_clients_do_not_show_is_no_logo() {
        let cut = |bytes: Vec<u8>, end: usize| bytes[..end].to_vec();
        for bad in [
            Vec::new(),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            b"GIF89a\x20\0\x20\0".to_vec(),
            b"RIFF\0\0\0\0WEBPVP8 ".to_vec(),
            cut(png_of(64, 64), 20),
            cut(jpeg_of(64, 64), 31),
            b"\xff\xd8\xff\xe0\0\0".to_vec(),
            b"\xff\xd8\xff\xe0\xff\xff".to_vec(),
            b"\xff\xd8\xff\xda\0\x02scan".to_vec(),
            png_of(31, 64),
            png_of(64, 2049),
            png_of(0, 0),
            png_of(u32::MAX, u32::MAX),
            [png_of(64, 64), vec![0; Logo::MAX_BYTES]].concat(),
        ] {
            assert!(matches!(Logo::new(bad.clone()), Err(SetupError::Logo(_))), "{bad:?}");
        }
    }
}
