//! Which known name a mistyped one was probably meant to be.

/// Longest name that is compared; the comparison takes time in proportion to the length.
const MAX_LENGTH: usize = 64;

/// The known name that `name` comes nearest to, if it is near enough for a slip of the fingers: a different case, a
/// missing `sip_`, or one wrong, missing, added or exchanged letter in four, two at most.
pub(in crate::domain) fn near_miss<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if name.len() > MAX_LENGTH {
        return None;
    }
    let lower = name.to_lowercase();
    let typed = without_sip(&lower);
    let allowed = (typed.chars().count() / 4).min(2);
    let distance = |known: &'a str| {
        let known = without_sip(known);
        let near = known.len().abs_diff(typed.len()) <= allowed;
        near.then(|| strsim::osa_distance(typed, known)).filter(|distance| *distance <= allowed)
    };
    let candidates = known.into_iter().filter_map(|known| Some((distance(known)?, known)));
    candidates.min_by_key(|(distance, _)| *distance).map(|(_, nearest)| nearest)
}

/// Lines call what is common to them by the same names without this prefix, so the two are easily confused.
fn without_sip(name: &str) -> &str {
    name.strip_prefix("sip_").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        let known = ["sip_proxy_ip", "sip_proxy_port", "dns_ip", "label", "ip"];
        for (typed, meant) in [
            ("sip_proxi_ip", Some("sip_proxy_ip")),
            ("proxy_ip", Some("sip_proxy_ip")),
            ("SIP_PROXY_PORT", Some("sip_proxy_port")),
            ("lable", Some("label")),
            ("id", None),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(near_miss(typed, known), meant, "{typed}");
        }
    }
}
