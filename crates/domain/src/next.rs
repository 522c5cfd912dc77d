/// The path to return to after signing in, if it stays on our own origin; else `None`.
///
/// Promise P31. `//host` and `/\host` are read by browsers as another host, tab and line feed are
/// stripped by URL parsers (so `/\t/host` is `//host`), and a non-ASCII byte panics in
/// `leptos_axum::redirect`: all of them are refused, not repaired. The sign-in pages themselves and
/// paths that are not pages are refused too, since returning there would loop or show an error.
#[must_use]
pub fn safe_next(raw: &str) -> Option<&str> {
    const NOT_PAGES: [&str; 7] = ["/login", "/register", "/fn/", "/api/", "/pkg/", "/auth/", "/csp-report"];
    let printable = raw.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
    let local = raw.starts_with('/') && !raw.starts_with("//");
    let page = !NOT_PAGES.iter().any(|path| raw.starts_with(path));
    (printable && local && page && raw.len() <= 512).then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn keeps_own_pages() {
        for path in ["/account", "/account/security", "/account?tab=1#x", "/"] {
            assert_eq!(safe_next(path), Some(path));
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
            "/ü",
            "/login?next=/login",
            "/register",
            "/fn/logout",
            "/api/v1/users/me",
            "/pkg/doorstep.js",
        ];
        for path in refused {
            assert_eq!(safe_next(path), None, "{path:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "a".repeat(512))), None);
    }
}
