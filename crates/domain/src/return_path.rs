/// The path to return to after signing in, if it leads to our own origin; else `None`.
///
/// Promise P31. `//host` and `/\host` are read by browsers as another host, tab and line feed are
/// stripped by URL parsers (so `/\t/host` is `//host`), and a non-ASCII byte panics in
/// `leptos_axum::redirect`: all of them are refused, not repaired. So is a path that a URL parser, a proxy
/// or a router may read as another one. The sign-in pages themselves and paths that are not pages are
/// refused too, since returning there would loop or show an error.
#[must_use]
pub fn safe_next(raw: &str) -> Option<&str> {
    const NOT_PAGES: [&str; 14] = [
        "/login",
        "/confirm",
        "/register",
        "/fn/",
        "/api/",
        "/pkg/",
        "/auth/",
        "/csp-report",
        "/whoami",
        "/livez",
        "/readyz",
        "/openapi.json",
        "/site.webmanifest",
        "/docs/",
    ];
    let printable = raw.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
    let path = raw.split(['?', '#']).next().unwrap_or_default();
    let page = !NOT_PAGES.iter().any(|other| path.starts_with(other));
    (printable && has_one_reading(path) && page && raw.len() <= 512).then_some(raw)
}

/// The page to return to, from the query of an address. Only this function decodes it, once: Leptos' own map of the
/// query decodes twice.
#[must_use]
pub fn next_in(query: &str) -> Option<String> {
    let raw = query.split('&').find_map(|pair| pair.strip_prefix("next="))?;
    decoded(raw).filter(|next| safe_next(next).is_some())
}

/// Whether browsers and servers all read this path alike: no empty and no dot segment inside, and an escape only for
/// characters that need one.
fn has_one_reading(path: &str) -> bool {
    let local = path.starts_with('/') && !path.contains("//");
    let dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/\\%".contains(&byte) || byte.is_ascii_control();
    let escapes = path.split('%').skip(1).all(|rest| escaped(rest).is_some_and(|byte| !plain(byte)));
    local && !dots && escapes
}

/// What two hexadecimal digits at the beginning stand for.
fn escaped(rest: &str) -> Option<u8> {
    let digits = rest.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// A query's value as text, if it is text.
fn decoded(value: &str) -> Option<String> {
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap_or_default().replace('+', " ").into_bytes();
    for rest in parts {
        bytes.push(escaped(rest)?);
        bytes.extend(rest.get(2..)?.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }));
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::{next_in, safe_next};

    /// A query that carries `next`, with everything escaped that may be.
    fn query(next: &str) -> String {
        let escaped = next.bytes().fold(String::new(), |escaped, byte| escaped + &format!("%{byte:02x}"));
        format!("lang=en&next={escaped}")
    }

    #[test]
    fn keeps_own_pages() {
        for path in [
            "/account",
            "/account/security",
            "/account?tab=1#x",
            "/",
            "/account?next=//x/../y",
            "/account?a=%2F%2F",
            "/account#//x",
            "/...",
            "/.well/a..b",
            "/%C3%BCber",
            "/a%20b",
            "/@ana",
            "/docs",
            "/redoc#x",
        ] {
            assert_eq!(safe_next(path), Some(path));
            assert_eq!(next_in(&query(path)).as_deref(), Some(path));
        }
    }

    #[test]
    fn refuses_everything_that_could_leave_our_origin() {
        let refused = [
            "",
            "account",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nLocation: x",
            " /account",
            "/account\u{7f}",
            "/ü",
            "/login?next=/login",
            "/register",
            "/fn/logout",
            "/api/v1/users/me",
            "/pkg/doorstep.js",
            "/whoami",
            "/whoami?a=1",
            "/livez",
            "/readyz",
            "/openapi.json",
            "/site.webmanifest",
            "/docs/swagger.js",
            "?next=/account",
            "#/account",
        ];
        for path in refused {
            assert_eq!(safe_next(path), None, "{path:?}");
            assert_eq!(next_in(&query(path)), None, "{path:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "a".repeat(512))), None);
    }

    #[test]
    fn refuses_a_path_that_has_two_readings() {
        let dots = [".", "..", "%2e", "%2E%2e", ".%2e", "%2e.", "%252e%252e", "%252e"];
        let slashes = ["//", "/%2f", "%2F/", "%2f%2F", "/%5c", "/%5C/", "%252f", "%255c"];
        let nothing = ["%", "%2", "%zz", "%+f", "%09", "%0a", "%0D", "%00", "%7f", "%61ccount", "%6Cogin"];
        let mut refused: Vec<String> = Vec::new();
        for dot in dots {
            refused.extend(["/", "/account/"].map(|before| format!("{before}{dot}")));
            refused.extend(["/x/", "?a", "#a"].map(|after| format!("/account/{dot}{after}")));
            for slash in slashes {
                refused.push(format!("/{dot}{slash}evil.example"));
                refused.push(format!("/account/{dot}{slash}{dot}{slash}x"));
            }
        }
        for slash in slashes {
            refused.extend(["/a", "/account/"].map(|before| format!("{before}{slash}x")));
        }
        refused.extend(nothing.map(|escape| format!("/{escape}")));
        refused.extend(nothing.map(|escape| format!("/account/{escape}/x")));
        for path in refused {
            assert_eq!(safe_next(&path), None, "{path:?}");
            assert_eq!(next_in(&query(&path)), None, "{path:?}");
        }
    }

    #[test]
    fn a_query_is_decoded_once() {
        for (query, next) in [
            ("next=/account/security", Some("/account/security")),
            ("next=%2Faccount%3Fa%3D1%26b%3D%2520", Some("/account?a=1&b=%20")),
            ("next=/account?a=1%26b=%2520%23x", Some("/account?a=1&b=%20#x")),
            ("a=b&next=/account&next=//evil.example", Some("/account")),
            ("next=//evil.example&next=/account", None),
            ("next=%252Faccount", None),
            ("next=%2F%2Fevil.example", None),
            ("next=/account%252f..%252f%252fx", None),
            ("next=/account%", None),
            ("next=/%ff", None),
            ("next=/a+b", None),
            ("next=", None),
            ("next", None),
            ("anext=/account", None),
            ("", None),
        ] {
            assert_eq!(next_in(query).as_deref(), next, "{query}");
        }
    }
}
