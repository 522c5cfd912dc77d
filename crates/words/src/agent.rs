use crate::client;

/// What a browser's agent holds, and the browser; the first that is found counts, since each names those before it.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// The longest name of a program that is shown.
const PROGRAM_MAX: usize = 24;

/// Who an agent is, in a few words: "Firefox on Linux". Whoever signs in chooses the agent, so what is shown are our own
/// words, or the first letters of a program's name: too few for a message, no number to call, no link.
#[must_use]
pub fn client_of(agent: &str) -> String {
    let found = |table| found(table, agent);
    if is_browser(agent) {
        return match (found(BROWSERS), found(SYSTEMS)) {
            (Some(browser), Some(system)) => client::on(browser, system),
            (Some(browser), None) => browser.to_owned(),
            (None, Some(system)) => client::browser_on(system),
            (None, None) => client::browser().to_owned(),
        };
    }
    let plain = |c: &char| c.is_ascii_alphabetic() || matches!(c, '-' | '_');
    let program: String = agent.chars().take_while(plain).take(PROGRAM_MAX).collect();
    if program.is_empty() { client::program().to_owned() } else { program }
}

/// Whether an agent calls itself a browser.
#[must_use]
pub fn is_browser(agent: &str) -> bool {
    agent.starts_with("Mozilla/")
}

/// Whether an agent is a browser's on a telephone or a tablet.
#[must_use]
pub fn is_phone(agent: &str) -> bool {
    is_browser(agent) && matches!(found(SYSTEMS, agent), Some("iPhone" | "iPad" | "Android"))
}

fn found(table: &[(&str, &'static str)], agent: &str) -> Option<&'static str> {
    table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::{client_of, is_phone};

    #[test]
    fn an_agent_is_a_browser_on_a_system() {
        for (agent, shown) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "Chrome on ChromeOS",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 OPR/122.0.0.0",
                "Opera on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPad",
            ),
            ("Mozilla/5.0 (compatible; Konqueror/5.0; Linux)", "An unknown browser on Linux"),
            ("Mozilla/5.0", "An unknown browser"),
            ("Mozilla/5.0 (Plan 9) Firefox/3", "Firefox"),
        ] {
            assert_eq!(client_of(agent), shown, "{agent}");
        }
    }

    #[test]
    fn a_program_has_a_short_name_and_no_message() {
        for (agent, shown) in [
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32.3", "python-requests"),
            ("Go-http-client/2.0", "Go-http-client"),
            ("", "An unknown program"),
            (" ", "An unknown program"),
            ("https://evil.example/reset", "https"),
            ("evil.example is where you confirm", "evil"),
            ("<script>alert(1)</script>", "An unknown program"),
            ("\r\nBcc: you@example.com", "An unknown program"),
            ("Call-0800-123456", "Call-"),
            ("Пароль", "An unknown program"),
            ("a-name-that-goes-on-and-on-and-on", "a-name-that-goes-on-and-"),
        ] {
            assert_eq!(client_of(agent), shown, "{agent:?}");
        }
    }

    #[test]
    fn a_phone_is_told_from_a_computer_by_its_system() {
        assert!(is_phone("Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 Chrome/136.0.0.0"));
        assert!(is_phone("Mozilla/5.0 (iPad; CPU OS 19_1 like Mac OS X) AppleWebKit/605.1.15"));
        assert!(!is_phone("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"));
        assert!(!is_phone("okhttp/5 Android"), "a program");
    }
}
