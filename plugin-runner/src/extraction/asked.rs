//! A request as rules see it, whoever holds it.

use provd_proto::v1::{RequestKind, request};

/// What can be asked of a request.
pub trait Asked {
    /// The listener it came through.
    fn kind(&self) -> RequestKind;
    /// The HTTP path, or the TFTP file name; empty for DHCP.
    fn path(&self) -> &str;
    /// The HTTP query, without `?` and still percent-encoded.
    fn query(&self) -> &str;
    /// The first value of an HTTP header, by its lower-case name.
    fn header(&self, name: &str) -> Option<&str>;
    /// The bytes of a DHCP option.
    fn dhcp_option(&self, code: u8) -> Option<&[u8]>;
}

impl Asked for request::Kind {
    fn kind(&self) -> RequestKind {
        match self {
            request::Kind::Http(_) => RequestKind::Http,
            request::Kind::Tftp(_) => RequestKind::Tftp,
            request::Kind::Dhcp(_) => RequestKind::Dhcp,
        }
    }

    fn path(&self) -> &str {
        match self {
            request::Kind::Http(http) => &http.path,
            request::Kind::Tftp(tftp) => &tftp.filename,
            request::Kind::Dhcp(_) => "",
        }
    }

    fn query(&self) -> &str {
        if let request::Kind::Http(http) = self { &http.query } else { "" }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let request::Kind::Http(http) = self else { return None };
        let header = http.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| &*header.value)
    }

    fn dhcp_option(&self, code: u8) -> Option<&[u8]> {
        let request::Kind::Dhcp(dhcp) = self else { return None };
        dhcp.options.get(&u32::from(code)).map(Vec::as_slice)
    }
}
