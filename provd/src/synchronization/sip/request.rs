//! A NOTIFY outside of any dialog (RFC 3261, section 8.1; RFC 6665, section 4.2), as it is written.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

use super::response::Key;
use crate::domain::synchronization::BODY_LINE;
use crate::settings::synchronization::{SipSettings, SipTransport};

/// Characters a user of a SIP URI may have (RFC 3261, section 25.1).
const USER: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',');

/// What is said, to whom, from where. Sent again with authorization it is the same call, one number higher.
#[derive(Debug)]
pub(super) struct Notify<'a> {
    /// Request-URI.
    pub(super) uri: String,
    transport: SipTransport,
    local: SocketAddr,
    from: String,
    tag: String,
    call_id: String,
    event: &'a str,
    headers: &'a [(String, String)],
}

/// One request, and by what its answer is known.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) key: Key,
}

impl<'a> Notify<'a> {
    pub(super) fn new(
        settings: &SipSettings,
        local: SocketAddr,
        (peer, ip): (Option<&str>, IpAddr),
        (event, headers): (&'a str, &'a [(String, String)]),
    ) -> Notify<'a> {
        let user = utf8_percent_encode(peer.unwrap_or("anonymous"), USER);
        let mut uri = format!("sip:{user}@{}", host(ip));
        if settings.port != settings.transport.default_port() {
            let _ = write!(uri, ":{}", settings.port);
        }
        uri.push_str(parameter(settings.transport));
        Notify {
            uri,
            transport: settings.transport,
            local,
            from: settings.from.clone().unwrap_or_else(|| format!("provd@{}", host(local.ip()))),
            tag: random(),
            call_id: random(),
            event,
            headers,
        }
    }

    /// Writes it for the `number`th time, with a header that authorizes it.
    pub(super) fn write(&self, number: u32, authorization: Option<(&str, &str)>) -> Written {
        let key = Key { branch: format!("z9hG4bK{}", random()), sequence: (number, "NOTIFY".to_owned()) };
        let transport = match self.transport {
            SipTransport::Udp => "UDP",
            SipTransport::Tcp => "TCP",
            SipTransport::Tls => "TLS",
        };
        let contact = self.contact();
        let Notify { uri, local, from, tag, call_id, event, .. } = self;
        let branch = &key.branch;
        let mut text = format!(
            "NOTIFY {uri} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {local};rport;branch={branch}\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:{from}>;tag={tag}\r\n\
             To: <{uri}>\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: {number} NOTIFY\r\n\
             Contact: <{contact}>\r\n\
             Event: {event}\r\n\
             Subscription-State: terminated\r\n\
             User-Agent: provd/{}\r\n",
            env!("CARGO_PKG_VERSION")
        );
        let further = self.headers.iter().filter(|(name, _)| name != BODY_LINE);
        let further = further.map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in authorization.into_iter().chain(further) {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let body = self.body();
        let _ = write!(text, "Content-Length: {}\r\n\r\n{body}", body.len());
        Written { bytes: text.into_bytes(), key }
    }

    /// Where provd is met, or who it stands for.
    fn contact(&self) -> String {
        let own = format!("provd@{}", host(self.local.ip()));
        let port = if self.from == own { format!(":{}", self.local.port()) } else { String::new() };
        format!("sip:{}{port}{}", self.from, parameter(self.transport))
    }

    fn body(&self) -> String {
        let lines = self.headers.iter().filter(|(name, _)| name == BODY_LINE);
        lines.flat_map(|(_, line)| [line.as_str(), "\r\n"]).collect()
    }
}

fn parameter(transport: SipTransport) -> &'static str {
    match transport {
        SipTransport::Udp => "",
        SipTransport::Tcp => ";transport=tcp",
        SipTransport::Tls => ";transport=tls",
    }
}

/// An address as the host of a URI.
fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn random() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::head::{Head, end};
    use super::*;

    fn lines(settings: &SipSettings, peer: Option<&str>, ip: &str, headers: &[(String, String)]) -> String {
        let local = if ip.contains(':') { "[2001:db8::1]:40000" } else { "192.0.2.1:40000" };
        let said = ("check-sync", headers);
        let notify = Notify::new(settings, local.parse().unwrap(), (peer, ip.parse().unwrap()), said);
        String::from_utf8(notify.write(1, None).bytes).unwrap()
    }

    #[test]
    fn a_notify_has_all_that_the_rfcs_ask_for() {
        let text = lines(&SipSettings::default(), Some("alice"), "192.0.2.7", &[]);
        let (head, body) = end(text.as_bytes()).unwrap();
        assert_eq!(body, text.len());
        let head = Head::parse(&text.as_bytes()[..head]).unwrap();
        assert_eq!(head.first_line, "NOTIFY sip:alice@192.0.2.7 SIP/2.0");
        let value = |name| head.values(name, "").next().unwrap_or_default().to_owned();
        assert!(value("Via").starts_with("SIP/2.0/UDP 192.0.2.1:40000;rport;branch=z9hG4bK"));
        assert!(value("From").starts_with("<sip:provd@192.0.2.1>;tag="));
        assert_eq!(value("To"), "<sip:alice@192.0.2.7>");
        assert_eq!(value("Contact"), "<sip:provd@192.0.2.1:40000>");
        assert_eq!(
            (value("Event").as_str(), value("Subscription-State").as_str()),
            ("check-sync", "terminated")
        );
        assert_eq!((value("CSeq").as_str(), value("Max-Forwards").as_str()), ("1 NOTIFY", "70"));
        assert_eq!(value("Content-Length"), "0");
        assert!(!value("Call-ID").is_empty() && value("User-Agent").starts_with("provd/"));
    }

    #[test]
    fn port_transport_and_sender_are_those_of_the_settings() {
        let settings = SipSettings {
            transport: SipTransport::Tls,
            port: 5071,
            from: Some("provd@pbx.example.org".to_owned()),
            ..SipSettings::default()
        };
        let text = lines(&settings, None, "2001:db8::7", &[]);
        assert!(
            text.starts_with("NOTIFY sip:anonymous@[2001:db8::7]:5071;transport=tls SIP/2.0\r\n"),
            "{text}"
        );
        assert!(text.contains("Via: SIP/2.0/TLS [2001:db8::1]:40000;rport"), "{text}");
        assert!(text.contains("From: <sip:provd@pbx.example.org>;tag="), "{text}");
        assert!(text.contains("Contact: <sip:provd@pbx.example.org;transport=tls>"), "{text}");
    }

    #[test]
    fn lines_of_a_body_are_not_headers() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = [
            header("Content", "action=restart"),
            header("Content-Type", "text/plain"),
            header("Content", "X={}"),
        ];
        let text = lines(&SipSettings::default(), None, "192.0.2.7", &headers);
        let end = "Content-Type: text/plain\r\nContent-Length: 22\r\n\r\naction=restart\r\nX={}\r\n";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn a_peer_cannot_leave_its_place() {
        let text = lines(&SipSettings::default(), Some("a>\r\nVia: b;c@d"), "192.0.2.7", &[]);
        assert!(text.starts_with("NOTIFY sip:a%3E%0D%0AVia%3A%20b%3Bc%40d@192.0.2.7 SIP/2.0\r\n"), "{text}");
    }
}
