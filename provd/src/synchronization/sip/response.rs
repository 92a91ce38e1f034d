//! What a phone answers: status, reason, and by what it belongs to a request (RFC 3261, section 17.1.3).

use super::head::{Head, end};

/// Longest reason that is shown, in characters.
const LONGEST_REASON: usize = 100;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    /// From 100 to 699.
    pub(super) status: u16,
    /// In the phone's own words.
    reason: String,
    key: Option<Key>,
    head: Head,
}

/// By what a response finds its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Of the topmost `Via`.
    pub(super) branch: String,
    /// Number and method.
    pub(super) sequence: (u32, String),
}

impl Response {
    /// Reads a datagram. Absent if it is no response.
    pub(super) fn parse(bytes: &[u8]) -> Option<Response> {
        let head = end(bytes).map_or(bytes, |(head, _)| &bytes[..head]);
        Response::from_head(Head::parse(head)?)
    }

    /// Absent if it is a request.
    pub(super) fn from_head(head: Head) -> Option<Response> {
        let rest = head.first_line.strip_prefix("SIP/2.0 ")?;
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status.parse().ok().filter(|status| (100..700).contains(status))?;
        let reason = reason.trim().chars().take(LONGEST_REASON).collect();
        Some(Response { status, reason, key: key(&head), head })
    }

    /// Whether it answers this request.
    pub(super) fn answers(&self, key: &Key) -> bool {
        self.key.as_ref() == Some(key)
    }

    /// Whether another one will follow.
    pub(super) fn is_provisional(&self) -> bool {
        self.status < 200
    }

    /// Header that answers its challenges, and the challenges; absent if there are none.
    pub(super) fn challenges(&self) -> Option<(&'static str, Vec<&str>)> {
        let (asks, answers) = match self.status {
            401 => ("WWW-Authenticate", "Authorization"),
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => return None,
        };
        Some((answers, self.head.values(asks, "").collect()))
    }

    /// `489 Bad Event`
    pub(super) fn in_words(&self) -> String {
        format!("{} {}", self.status, self.reason).trim_end().to_owned()
    }
}

fn key(head: &Head) -> Option<Key> {
    let via = head.values("Via", "v").next()?;
    // Several Vias may share a line.
    let mut parameters = via.split(',').next()?.split(';').skip(1);
    let branch = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("branch").then(|| value.trim().to_owned())
    })?;
    let (number, method) = head.values("CSeq", "").next()?.split_once([' ', '\t'])?;
    Some(Key { branch, sequence: (number.parse().ok()?, method.trim().to_owned()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mine() -> Key {
        Key { branch: "z9hG4bK1".to_owned(), sequence: (1, "NOTIFY".to_owned()) }
    }

    #[test]
    fn a_response_belongs_to_its_request_by_branch_and_sequence() {
        let text = |via: &str, sequence: &str| format!("SIP/2.0 200 OK\r\n{via}\r\nCSeq: {sequence}\r\n\r\n");
        let answers = |via: &str, sequence: &str| {
            Response::parse(text(via, sequence).as_bytes()).unwrap().answers(&mine())
        };
        let via = "Via: SIP/2.0/UDP 192.0.2.1:5060;rport=5060;branch=z9hG4bK1;received=192.0.2.1";
        assert!(answers(via, "1 NOTIFY") && answers("v:SIP/2.0/UDP h ;Branch = z9hG4bK1, x", "1  NOTIFY"));
        for (via, sequence) in [
            (via, "2 NOTIFY"),
            (via, "1 OPTIONS"),
            (via, "1"),
            ("Via: SIP/2.0/UDP h;branch=z9hG4bK2", "1 NOTIFY"),
            ("Via: SIP/2.0/UDP h, SIP/2.0/UDP h;branch=z9hG4bK1", "1 NOTIFY"),
            ("X: y", "1 NOTIFY"),
        ] {
            assert!(!answers(via, sequence), "{via} {sequence}");
        }
    }

    #[test]
    fn status_and_reason_are_the_phone_s_own() {
        let response = Response::parse(b"SIP/2.0 489 Bad  Event \r\n\r\n").unwrap();
        assert_eq!((response.status, response.in_words().as_str()), (489, "489 Bad  Event"));
        assert_eq!(Response::parse(b"SIP/2.0 200\r\n\r\n").unwrap().in_words(), "200");
        for text in [
            "NOTIFY sip:a SIP/2.0\r\n\r\n",
            "SIP/2.0 99 No\r\n\r\n",
            "SIP/2.0 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert_eq!(Response::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn challenges_are_those_of_the_status() {
        let text = b"SIP/2.0 407 No\r\nWWW-Authenticate: a\r\nproxy-authenticate: b\r\nProxy-Authenticate: c\r\n\r\n";
        let response = Response::parse(text).unwrap();
        assert_eq!(response.challenges(), Some(("Proxy-Authorization", vec!["b", "c"])));
        assert_eq!(
            Response::parse(b"SIP/2.0 403 No\r\nWWW-Authenticate: a\r\n\r\n").unwrap().challenges(),
            None
        );
    }

    proptest! {
        #[test]
        fn no_datagram_makes_us_fail(
            noise in proptest::collection::vec(any::<u8>(), 0..300),
            lines in "(SIP/2.0 [0-9a-z ]{0,6}\r\n)((Via|v|CSeq|WWW-Authenticate): [ -~]{0,40}\r?\n){0,6}",
        ) {
            for bytes in [noise.as_slice(), lines.as_bytes()] {
                if let Some(response) = Response::parse(bytes) {
                    let _ = (response.answers(&mine()), response.challenges(), response.in_words());
                }
            }
        }
    }
}
