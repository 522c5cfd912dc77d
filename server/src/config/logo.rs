use super::error::ConfigError;
use super::raw::RawConfig;
use super::value::filled;
use accounts::Logo;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

const NAME: &str = "APP_LOGO_FILE";

pub(super) fn logo(raw: &RawConfig) -> Result<Option<Arc<Logo>>, ConfigError> {
    let Some(path) = filled(raw.app_logo_file.as_deref()) else { return Ok(None) };
    let refused = |why: &dyn std::fmt::Display| {
        let message = format!("{path}: {why}; set it to a PNG or JPEG of at most 64 KiB");
        ConfigError::new(NAME, message)
    };
    let mut bytes = Vec::new();
    let most = Logo::MAX_BYTES as u64 + 1;
    File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(|why| refused(&why))?;
    Logo::new(bytes).map(|logo| Some(Arc::new(logo))).map_err(|why| refused(&why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn judged(path: &str) -> Result<Option<Arc<Logo>>, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path).display().to_string();
        let raw = RawConfig { app_logo_file: Some(path), ..RawConfig::default() };
        logo(&raw).map_err(|error| error.to_string())
    }

    #[test]
    fn a_logo_is_a_picture_that_mail_clients_show() {
        assert_eq!(logo(&RawConfig::default()).unwrap(), None);
        let logo = judged("public/apple-touch-icon.png").unwrap().unwrap();
        assert_eq!((logo.media_type(), logo.within(160, 40)), ("image/png", [40, 40]));
        for (bad, why) in [
            ("public/favicon.svg", "neither a PNG nor a JPEG"),
            ("Cargo.lock", "more than 64 KiB"),
            ("nowhere.png", "nowhere.png"),
            ("public", "public"),
        ] {
            let message = judged(bad).unwrap_err();
            assert!(message.starts_with("APP_LOGO_FILE: ") && message.contains(why), "{message}");
            assert!(message.ends_with("set it to a PNG or JPEG of at most 64 KiB"), "{message}");
        }
    }
}
