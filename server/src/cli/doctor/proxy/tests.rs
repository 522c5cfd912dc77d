use super::*;

const FORGED: &str = "192.0.2.77";

/// What is found where the server took the request of 198.51.100.7 for `client`, by `peer`.
fn found(client: &str, peer: &str, trusted: bool, forwarded: &str) -> (Health, String) {
    let seen = Seen {
        client: client.parse().unwrap(),
        peer: peer.parse().unwrap(),
        trusted,
        forwarded: forwarded.to_owned(),
    };
    let way = Way {
        forged: FORGED.parse().unwrap(),
        own: "198.51.100.7".parse().unwrap(),
        https: true,
        direct: false,
    };
    way.judged(&seen)
}

#[test]
fn a_proxy_does_its_part_or_it_is_said_what_is_wrong() {
    for (seen, health, named) in [
        (
            found("198.51.100.7", "10.0.0.1", true, "192.0.2.77, 198.51.100.7"),
            Health::Good,
            "seen as 198.51.100.7's",
        ),
        (found("198.51.100.7", "10.0.0.1", true, "198.51.100.7"), Health::Good, "no effect"),
        // This machine is behind a router of its own.
        (found("203.0.113.5", "10.0.0.1", true, "203.0.113.5"), Health::Good, "reaches the internet"),
        // The proxy's balancer hides everybody behind a node.
        (
            found("10.128.0.5", "10.0.0.1", true, "192.0.2.77, 10.128.0.5"),
            Health::Doubtful,
            "share its limits",
        ),
        // The same where nodes are trusted: what stands before the node's address is believed.
        (found(FORGED, "10.0.0.1", true, "192.0.2.77, 10.128.0.5"), Health::Bad, "the proxy saw 10.128.0.5"),
        (found(FORGED, "10.0.0.1", true, "192.0.2.77"), Health::Bad, "passes on"),
        (found("10.0.0.1", "10.0.0.1", true, ""), Health::Bad, "sends no X-Forwarded-For"),
        (found("198.51.100.7", "198.51.100.7", true, ""), Health::Bad, "sends no X-Forwarded-For"),
        (
            found("10.0.0.1", "10.0.0.1", false, "192.0.2.77, 198.51.100.7"),
            Health::Bad,
            "not in TRUSTED_PROXIES",
        ),
        // What this machine says is believed, because it is one of the proxies.
        (found(FORGED, "10.0.0.1", true, "192.0.2.77, 198.51.100.7"), Health::Doubtful, "another machine"),
        (found(FORGED, "198.51.100.7", true, "192.0.2.77"), Health::Doubtful, "another machine"),
    ] {
        assert!(seen.0 == health && seen.1.contains(named), "{health:?} {named}: {seen:?}");
    }
}

#[test]
fn without_tls_there_may_be_no_proxy() {
    let seen = Seen {
        client: "127.0.0.1".parse().unwrap(),
        peer: "127.0.0.1".parse().unwrap(),
        trusted: false,
        forwarded: FORGED.to_owned(),
    };
    let way = Way { forged: FORGED.parse().unwrap(), own: seen.peer, https: false, direct: false };
    assert_eq!(way.judged(&seen).0, Health::Good);
    assert_eq!(Way { https: true, direct: true, ..way }.judged(&seen).0, Health::Doubtful);
}

#[test]
fn cookies_and_hsts_arrive_as_they_were_sent() {
    let health = |lines: &[(&'static str, &'static str)]| {
        let headers =
            lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        kept(&headers).into_iter().map(|one| one.health).collect::<Vec<_>>()
    };
    let (name, sent) = ("set-cookie", "__Host-doctor=1; Max-Age=1; Path=/; HttpOnly; SameSite=Lax; Secure");
    let hsts = ("strict-transport-security", "max-age=31536000");
    assert_eq!(health(&[("set-cookie", "a=1"), (name, sent), hsts]), [Health::Good; 2]);
    for changed in [
        "__Host-doctor=1; Path=/; HttpOnly; SameSite=Lax",
        "__Host-doctor=1; Path=/accounts; HttpOnly; SameSite=Lax; Secure",
        "__Host-doctor=1; Path=/; HttpOnly; SameSite=Lax; Secure; Domain=example.com",
        "__Host-doctor=1; Path=/; SameSite=Lax; Secure",
        "doctor=1; Path=/; HttpOnly; SameSite=Lax; Secure",
    ] {
        assert_eq!(health(&[(name, changed), hsts]), [Health::Bad, Health::Good], "{changed}");
    }
    for hsts in ["max-age=0", "includeSubDomains"] {
        assert_eq!(
            health(&[(name, sent), ("strict-transport-security", hsts)]),
            [Health::Good, Health::Bad],
            "{hsts}"
        );
    }
    assert_eq!(health(&[]), [Health::Bad; 2]);
}

#[test]
fn an_address_that_leads_on_is_named() {
    let says = |status, location: &'static str| {
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
        unproven(&Answer { status, headers, own: IpAddr::V4(Ipv4Addr::LOCALHOST) }).says
    };
    let told = says(301, "https://ana:canary@accounts.example.com/livez?canary");
    assert!(told.contains("leads on to https://accounts.example.com (301)"), "{told}");
    assert!(!told.contains("canary"), "{told}");
    for told in [says(301, "/elsewhere"), says(404, "https://accounts.example.com")] {
        assert!(told.contains("no server of this version"), "{told}");
    }
}
