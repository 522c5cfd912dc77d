//! What counts are kept under. All keys of one script have one hash tag, so that they are on one node of a cluster.

use store::throttle::Key;

/// A key of the throttle. All have one tag, and so one node of a cluster: a try is counted for its address, network,
/// mailbox and account in one script or not at all, and any of them meets any other. One node is enough: a count takes
/// microseconds, and the hash that follows thousands of times as long.
pub(crate) fn of_the_throttle(kind: &str, key: &Key) -> Vec<u8> {
    format!("doorstep:{{throttle}}:{kind}:{}", hex(key)).into_bytes()
}

/// The keys of a caller and of the network around, which spreads the callers over the nodes.
pub(crate) fn of_calls(caller: &Key, around: Option<&Key>) -> Vec<Vec<u8>> {
    let tag = hex(around.unwrap_or(caller));
    let whole = format!("doorstep:{{{tag}}}:calls");
    let keys = match around {
        Some(_) => vec![format!("{whole}:{}", hex(caller)), whole],
        None => vec![whole],
    };
    keys.into_iter().map(String::into_bytes).collect()
}

fn hex(key: &Key) -> String {
    key.iter().fold(String::with_capacity(64), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(half.into(), 16));
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_script_have_one_tag() {
        let text = |key: Vec<u8>| String::from_utf8(key).unwrap();
        let [a, b] = [[0xab; 32], [0x0c; 32]];
        assert_eq!(
            text(of_the_throttle("rate", &a)),
            format!("doorstep:{{throttle}}:rate:{}", "ab".repeat(32))
        );
        let [caller, around] = of_calls(&a, Some(&b)).try_into().unwrap();
        let tag = "0c".repeat(32);
        assert_eq!(text(around), format!("doorstep:{{{tag}}}:calls"));
        assert_eq!(text(caller), format!("doorstep:{{{tag}}}:calls:{}", "ab".repeat(32)));
        assert_eq!(of_calls(&b, None), [format!("doorstep:{{{tag}}}:calls").into_bytes()]);
    }
}
