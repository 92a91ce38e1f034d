//! What a phone, or a DHCP server on its behalf, asked for. Listeners make these; nothing later sees a socket.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::headers::Headers;
use super::mac::Mac;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Address of the phone: the peer, or what trusted proxies say of it.
    pub ip: IpAddr,
    /// What arrived.
    pub kind: RequestKind,
}

/// The three ways in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKind {
    /// A GET or HEAD.
    Http(HttpRequest),
    /// A TFTP read request (RFC 1350).
    Tftp(TftpRequest),
    /// A lease, told by the DHCP server.
    Dhcp(DhcpRequest),
}

/// A GET or HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `HEAD`.
    pub method: &'static str,
    /// Decoded, with single slashes and without `.` or `..` segments; begins with `/`.
    pub path: String,
    /// Without `?`, still percent-encoded.
    pub query: String,
    /// Values decoded as UTF-8 or else Latin-1.
    pub headers: Headers,
}

impl HttpRequest {
    /// First value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The `User-Agent`, where most phones say who they are.
    pub fn user_agent(&self) -> Option<&str> {
        self.header("user-agent")
    }
}

/// A TFTP read request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TftpRequest {
    /// Exactly as sent: families differ in the leading slash, and some phones send backslashes.
    pub filename: String,
}

/// A DHCP lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DhcpRequest {
    /// The client.
    pub mac: Mac,
    /// Options by code, raw bytes (RFC 2132).
    pub options: BTreeMap<u8, Vec<u8>>,
    /// Whether a client that no plugin recognises is left alone instead of becoming a device.
    pub only_phones: bool,
}

impl DhcpRequest {
    /// Option 60 decoded as Latin-1, without the NUL bytes some phones end it with.
    pub fn vendor_class(&self) -> Option<String> {
        let bytes = self.options.get(&60)?;
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Some(bytes[..end].iter().map(|byte| char::from(*byte)).collect())
    }
}

impl Request {
    /// Whether it asks for what a GET would be answered with, without the file itself.
    pub fn is_head(&self) -> bool {
        matches!(&self.kind, RequestKind::Http(http) if http.method == "HEAD")
    }
}

impl RequestKind {
    /// The path or file name asked for; a DHCP lease has none.
    pub fn path(&self) -> Option<&str> {
        match self {
            RequestKind::Http(http) => Some(&http.path),
            RequestKind::Tftp(tftp) => Some(&tftp.filename),
            RequestKind::Dhcp(_) => None,
        }
    }

    /// `HTTP`, `TFTP` or `DHCP`.
    pub fn protocol(&self) -> &'static str {
        match self {
            RequestKind::Http(_) => "HTTP",
            RequestKind::Tftp(_) => "TFTP",
            RequestKind::Dhcp(_) => "DHCP",
        }
    }
}

/// One line for the log: what was asked, cut at 200 characters, control characters escaped.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RequestKind::Dhcp(dhcp) => write!(f, "{} {}", self.ip, dhcp.mac),
            RequestKind::Http(HttpRequest { path, .. })
            | RequestKind::Tftp(TftpRequest { filename: path }) => {
                write!(f, "{} ", self.ip)?;
                path.chars().take(200).try_for_each(|character| write!(f, "{}", character.escape_debug()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_class_loses_its_trailing_nul() {
        let mac = "00:1b:54:11:22:33".parse().unwrap();
        let options = BTreeMap::from([(60, b"Cisco Systems, Inc. IP Phone CP-7940G\0".to_vec())]);
        let dhcp = DhcpRequest { mac, options, only_phones: false };
        assert_eq!(dhcp.vendor_class().as_deref(), Some("Cisco Systems, Inc. IP Phone CP-7940G"));
    }

    #[test]
    fn a_log_line_cannot_be_forged_by_a_file_name() {
        let kind = RequestKind::Tftp(TftpRequest { filename: format!("a\nb{}", "x".repeat(300)) });
        let line = Request { ip: "192.0.2.1".parse().unwrap(), kind }.to_string();
        assert!(!line.contains('\n') && line.len() < 230, "{line}");
    }
}
