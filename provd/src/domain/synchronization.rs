//! How a phone is told to fetch its files again: what a plugin says, and whom it is said to.
//!
//! What a plugin says becomes lines of a protocol: [`SynchronizationMethod::check`] refuses what would become other lines
//! than it seems. Headers, bodies and passwords are secret, so neither type shows them.

use std::fmt;
use std::net::IpAddr;

/// Longest URL, in bytes.
const LONGEST_URL: usize = 1024;
/// Most that event and headers may be together, in bytes: a NOTIFY has to fit into one datagram (RFC 3261, section 18.1.1).
const LONGEST_HEADERS: usize = 768;
/// Name under which lines of a body are given, as Asterisk has it.
pub const BODY_LINE: &str = "Content";
/// Headers that make the message what it is: whoever sends it writes them. Compact forms too.
const RESERVED: [&str; 24] = [
    "via",
    "v",
    "from",
    "f",
    "to",
    "t",
    "call-id",
    "i",
    "cseq",
    "contact",
    "m",
    "max-forwards",
    "route",
    "record-route",
    "event",
    "o",
    "content-length",
    "l",
    "authorization",
    "proxy-authorization",
    "subscription-state",
    "user-agent",
    "require",
    "proxy-require",
];

/// One way, as the plugin of a phone says.
#[derive(Clone, PartialEq, Eq)]
pub enum SynchronizationMethod {
    /// A SIP NOTIFY (RFC 6665), outside of any dialog.
    SipNotify {
        /// Value of the `Event` header, `check-sync`.
        event: String,
        /// Further headers, by name. Each [`BODY_LINE`] is a line of the body.
        headers: Vec<(String, String)>,
    },
    /// A call of the phone's own web server.
    HttpCall {
        /// `GET`, `POST`, …
        method: String,
        /// Absolute.
        url: String,
        /// Media type of the body.
        content_type: Option<String>,
        /// Empty for none.
        body: Vec<u8>,
        /// User name and password, for basic or digest authentication as the phone asks.
        credentials: Option<(String, String)>,
    },
    /// The plugin has told the phone itself.
    ToldByPlugin,
}

/// Whom it is said to. At least one of peer and address is known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SynchronizationTarget {
    /// The device, for logs.
    pub device: String,
    /// Name of the peer at the PBX: the SIP user name the phone registered with, if it has it for itself.
    pub peer: Option<String>,
    /// SIP user name of its first line: whom the phone itself expects to be called.
    pub username: Option<String>,
    /// Address of the phone.
    pub ip: Option<IpAddr>,
    /// SIP user name and password of its first line, for phones that ask who tells them.
    pub credentials: Option<(String, String)>,
}

impl SynchronizationMethod {
    /// Refuses what cannot be sent as it is. What is said of it does not repeat values, which may be secret.
    pub fn check(&self) -> Result<(), String> {
        match self {
            SynchronizationMethod::SipNotify { event, headers } => check_notify(event, headers),
            SynchronizationMethod::HttpCall { method, url, content_type, credentials, .. } => {
                check_call(method, url)?;
                let credentials = credentials.iter().flat_map(|(username, password)| [username, password]);
                let mut texts = content_type.iter().chain(credentials);
                if texts.any(|text| text.contains(char::is_control)) {
                    return Err("a media type, user name or password with control characters".to_owned());
                }
                Ok(())
            }
            SynchronizationMethod::ToldByPlugin => Ok(()),
        }
    }
}

fn check_notify(event: &str, headers: &[(String, String)]) -> Result<(), String> {
    let token = event.split(';').next().unwrap_or_default();
    if !is_token(token) || event.contains(char::is_control) {
        return Err("an event that is no value of the Event header".to_owned());
    }
    for (name, value) in headers {
        if !is_token(name) || name.len() > 80 {
            return Err("a header whose name is none".to_owned());
        }
        if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
            return Err(format!("a header {name}, which is not its to set"));
        }
        if value.contains(char::is_control) {
            return Err(format!("a header {name} with control characters"));
        }
    }
    let lengths = headers.iter().map(|(name, value)| name.len() + value.len() + ": \r\n".len());
    let length = event.len() + lengths.sum::<usize>();
    if length > LONGEST_HEADERS {
        return Err(format!("headers of {length} bytes: {LONGEST_HEADERS} fit into a message"));
    }
    Ok(())
}

fn check_call(method: &str, url: &str) -> Result<(), String> {
    let is_method = (1..=20).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_method || method == "CONNECT" {
        return Err("a method that no phone is called with".to_owned());
    }
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    let has_host = !authority.is_empty() && !authority.starts_with(':') && !authority.contains('@');
    if !has_host || url.len() > LONGEST_URL || url.contains(|c: char| c.is_control() || c == ' ') {
        return Err(format!("a URL that is not http[s]://HOST[:PORT][/PATH] of at most {LONGEST_URL} bytes"));
    }
    Ok(())
}

/// A token of RFC 3261, section 25.1.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
}

impl fmt::Debug for SynchronizationMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SynchronizationMethod::SipNotify { event, .. } => {
                formatter.debug_struct("SipNotify").field("event", event).finish_non_exhaustive()
            }
            SynchronizationMethod::HttpCall { method, .. } => {
                formatter.debug_struct("HttpCall").field("method", method).finish_non_exhaustive()
            }
            SynchronizationMethod::ToldByPlugin => formatter.write_str("ToldByPlugin"),
        }
    }
}

impl fmt::Debug for SynchronizationTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SynchronizationTarget")
            .field("device", &self.device)
            .field("peer", &self.peer)
            .field("username", &self.username)
            .field("ip", &self.ip)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notify(event: &str, headers: &[(&str, &str)]) -> SynchronizationMethod {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        SynchronizationMethod::SipNotify {
            event: event.to_owned(),
            headers: headers.iter().map(owned).collect(),
        }
    }

    fn call(method: &str, url: &str, password: &str) -> SynchronizationMethod {
        SynchronizationMethod::HttpCall {
            method: method.to_owned(),
            url: url.to_owned(),
            content_type: None,
            body: vec![],
            credentials: Some(("admin".to_owned(), password.to_owned())),
        }
    }

    #[test]
    fn a_notify_that_would_become_other_lines_is_refused() {
        assert_eq!(notify("check-sync;reboot=false", &[("X-A", "b c"), ("Content", "d=e")]).check(), Ok(()));
        for event in ["", "check-sync\r\nVia: x", ";reboot", "a b"] {
            assert!(notify(event, &[]).check().is_err(), "{event:?}");
        }
        for header in [("X-A", "b\r\nVia: x"), ("X A", ""), ("", ""), ("VIA", "x"), ("l", "9"), ("X:", "y")] {
            assert!(notify("check-sync", &[header]).check().is_err(), "{header:?}");
        }
        assert!(notify("check-sync", &[("X-A", &"b".repeat(1024))]).check().is_err());
    }

    #[test]
    fn a_call_must_be_one_of_a_web_server() {
        assert_eq!(call("POST", "http://192.0.2.7/a?b", "secret").check(), Ok(()));
        assert_eq!(call("GET", "https://[2001:db8::7]:8443", "secret").check(), Ok(()));
        for url in ["", "ftp://a/", "http://", "http:///a", "http://:80/", "http://a:b@c/", "http://a/\r\nb"]
        {
            assert!(call("GET", url, "secret").check().is_err(), "{url:?}");
        }
        assert!(call("get it", "http://a", "secret").check().is_err());
        assert!(call("CONNECT", "http://a", "secret").check().is_err());
        assert!(call("GET", "http://a", "secret\n").check().is_err());
    }

    #[test]
    fn secrets_are_not_shown() {
        let target = SynchronizationTarget {
            credentials: Some(("alice".to_owned(), "secret".to_owned())),
            ..SynchronizationTarget::default()
        };
        let shown = format!(
            "{target:?} {:?} {:?}",
            call("GET", "http://secret/", "secret"),
            notify("e", &[("X", "secret")])
        );
        assert!(!shown.contains("secret") && shown.contains("GET"), "{shown}");
    }
}
