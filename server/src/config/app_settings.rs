//! The owner's settings that pages show.

use super::account_rules::AccountRules;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::value::filled;
use accounts::{Logo, Signup};
use app::AppSettings;
use edge::Origin;
use http::Uri;

/// If the site's own origin could not be read, nothing is compared with it.
pub(super) fn settings(
    raw: &RawConfig,
    logo: Option<&Logo>,
    origin: Option<&Origin>,
    accounts: &AccountRules,
    mail: bool,
    errors: &mut ConfigErrors,
) -> AppSettings {
    let mut link = |variable, text: &Option<String>| errors.or(None, link(variable, text.as_deref()));
    let (support_url, terms_url, privacy_url) = (
        link("SUPPORT_URL", &raw.support_url),
        link("TERMS_URL", &raw.terms_url),
        link("PRIVACY_URL", &raw.privacy_url),
    );
    AppSettings {
        name: errors.or(String::new(), name(raw)),
        base_url: origin.map(ToString::to_string).unwrap_or_default(),
        password_min: accounts.password_min,
        signup_open: accounts.signup != Signup::Closed,
        signup_by_mail: accounts.signup == Signup::Verify,
        signup_fields: accounts.signup_fields,
        logo: logo.map(|logo| logo.within(160, 40)),
        mail,
        // The use cases know (state.rs).
        passkeys: false,
        home_url: errors.or(None, home(raw, origin)),
        support_url,
        terms_url,
        privacy_url,
    }
}

fn name(raw: &RawConfig) -> Result<String, ConfigError> {
    let name = filled(raw.app_name.as_deref()).unwrap_or("Doorstep");
    if name.chars().count() > 60 || name.contains(|c: char| c.is_control() || c == '<') {
        let message = "set it to one line of at most 60 characters, without <";
        return Err(ConfigError::new("APP_NAME", message));
    }
    Ok(name.to_owned())
}

/// `/` leads there, so it must not lead back to `/`.
fn home(raw: &RawConfig, origin: Option<&Origin>) -> Result<Option<String>, ConfigError> {
    const NAME: &str = "HOME_URL";
    let Some(text) = filled(raw.home_url.as_deref()) else { return Ok(None) };
    let page = web(text).ok_or_else(|| {
        ConfigError::new(
            NAME,
            format!("\"{text}\" isn't a valid web address; set it to something like https://www.example.com"),
        )
    })?;
    let host = page.authority().map_or("", |authority| authority.as_str());
    let own = Origin::parse(&format!("{}://{host}", page.scheme_str().unwrap_or_default()));
    let same = own.zip(origin).is_some_and(|(own, origin)| own.as_str() == origin.as_str());
    if same && page.path() == "/" {
        let message = format!("{text} is this site's own front page, which would lead to itself; unset it");
        return Err(ConfigError::new(NAME, message));
    }
    Ok(Some(text.to_owned()))
}

/// A web page, or an address to write to.
fn link(variable: &'static str, text: Option<&str>) -> Result<Option<String>, ConfigError> {
    let Some(text) = filled(text) else { return Ok(None) };
    if web(text).is_some() || mail(text) {
        return Ok(Some(text.to_owned()));
    }
    let message = format!(
        "\"{text}\" isn't a valid web address; set it to something like https://www.example.com/help, or \
         mailto:help@example.com"
    );
    Err(ConfigError::new(variable, message))
}

/// The address must fit into a header and name a host, and must not contain a password.
fn web(text: &str) -> Option<Uri> {
    let page: Uri = text.parse().ok().filter(|_| printable(text))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let host =
        page.authority().is_some_and(|host| !host.host().is_empty() && host.as_str().bytes().all(plain));
    (host && matches!(page.scheme_str(), Some("http" | "https"))).then_some(page)
}

fn mail(text: &str) -> bool {
    let address = text.get(.."mailto:".len()).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    let parts = address.and_then(|scheme| text[scheme.len()..].split_once('@'));
    printable(text) && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

fn printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"\"<>\\^`{|}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::super::env::AppEnv;
    use super::*;

    fn judged(change: impl FnOnce(&mut RawConfig)) -> Result<AppSettings, String> {
        let mut raw = RawConfig::default();
        change(&mut raw);
        let (mut errors, origin) = (ConfigErrors::default(), Origin::parse("https://accounts.example.com"));
        let accounts = AccountRules::new(&raw, AppEnv::Development, false, &mut errors);
        let settings = settings(&raw, None, origin.as_ref(), &accounts, true, &mut errors);
        if errors.is_empty() { Ok(settings) } else { Err(errors.to_string()) }
    }

    #[test]
    fn links_are_web_pages_or_addresses_to_write_to() {
        for good in [
            "https://www.example.com/terms",
            "http://localhost:9000/help?topic=1#top",
            "https://[2001:db8::1]/x",
            "mailto:help@example.com",
            "MAILTO:help@example.com?subject=Hello",
        ] {
            let settings = judged(|raw| raw.support_url = Some(format!(" {good} "))).unwrap();
            assert_eq!(settings.support_url.as_deref(), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//example.com",
            "/terms",
            "example.com/terms",
            "help@example.com",
            "https://",
            "https:///terms",
            "https://ana:secret@example.com",
            "https://example.com;img-src",
            "https://example.com/a b",
            "https://example.com/\"><script>",
            "https://example.com/ü",
            "ftp://example.com",
            "mailto:",
            "mailto:help",
            "mailto:@example.com",
        ] {
            for (name, change) in [
                ("SUPPORT_URL", (|raw, url| raw.support_url = Some(url)) as fn(&mut RawConfig, String)),
                ("TERMS_URL", |raw, url| raw.terms_url = Some(url)),
                ("PRIVACY_URL", |raw, url| raw.privacy_url = Some(url)),
            ] {
                let message = judged(|raw| change(raw, bad.to_owned())).unwrap_err();
                assert!(
                    message.starts_with(name) && message.contains("set it to something like"),
                    "{message}"
                );
            }
        }
        assert_eq!(judged(|raw| raw.terms_url = Some(" ".into())).unwrap().terms_url, None);
    }

    #[test]
    fn home_is_a_page_that_does_not_lead_back() {
        let home = |url: &str| judged(|raw| raw.home_url = Some(url.to_owned()));
        for good in
            ["https://www.example.com", "https://accounts.example.com/account", "http://127.0.0.1:3000/"]
        {
            assert_eq!(home(good).unwrap().home_url.as_deref(), Some(good));
        }
        for own in [
            "https://accounts.example.com",
            "https://ACCOUNTS.example.com:443/",
            "https://accounts.example.com/?a",
        ] {
            assert!(home(own).unwrap_err().contains("would lead to itself"), "{own}");
        }
        for bad in ["mailto:a@b.c", "/account", "www.example.com"] {
            assert!(home(bad).unwrap_err().contains("isn't a valid web address"), "{bad}");
        }
    }

    #[test]
    fn a_name_is_one_line_without_markup() {
        assert_eq!(judged(|raw| raw.app_name = Some("Ben & Jerry's".into())).unwrap().name, "Ben & Jerry's");
        for bad in ["</title>", "two\nlines", &"x".repeat(61)] {
            assert!(
                judged(|raw| raw.app_name = Some(bad.to_owned())).unwrap_err().starts_with("APP_NAME"),
                "{bad}"
            );
        }
    }

    #[test]
    fn pages_know_whether_sign_up_is_open() {
        assert!(judged(|_| ()).unwrap().signup_open);
        let by_mail = judged(|raw| raw.signup = Some("verify".into())).unwrap();
        assert!(by_mail.signup_open && by_mail.signup_by_mail);
        assert!(!judged(|raw| raw.signup = Some("closed".into())).unwrap().signup_open);
    }
}
