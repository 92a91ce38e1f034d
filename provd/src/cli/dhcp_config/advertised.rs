//! Where phones find the server: what stands for `{http}` and `{tftp}` in hints.

use serde_json::Value;

use super::super::client::Client;
use super::super::failure::Failure;

/// The port phones ask for TFTP (RFC 1350); no DHCP option names another.
const TFTP_PORT: u64 = 69;

/// Addresses of the server, as phones use them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advertised {
    /// HTTP base URL without a slash at its end.
    pub(super) http: String,
    /// Address or name for TFTP.
    pub(super) tftp: String,
    /// TFTP port of the server, if it is not the one phones ask.
    pub(super) strange_tftp_port: Option<u64>,
}

impl Advertised {
    /// What the administrator states, else what the server says of itself.
    pub(super) fn new(
        stated_http: Option<String>,
        stated_tftp: Option<String>,
        document: &Value,
        client: &Client,
    ) -> Result<Advertised, Failure> {
        let said = |pointer: &str| {
            let text = document.pointer(pointer).and_then(Value::as_str).filter(|text| is_sound(text));
            text.map(str::to_owned).ok_or_else(|| {
                client.not_provd(format!("it does not say its own address, {pointer} in its DHCP hints"))
            })
        };
        let port = document.pointer("/tftp/port").and_then(Value::as_u64);
        let strange_tftp_port = port.filter(|port| *port != TFTP_PORT && stated_tftp.is_none());
        let http = stated_http.map_or_else(|| said("/http"), Ok)?;
        let tftp = stated_tftp.map_or_else(|| said("/tftp/address"), Ok)?;
        Ok(Advertised { http: http.trim_end_matches('/').to_owned(), tftp, strange_tftp_port })
    }

    /// A text of a hint with the placeholders replaced.
    pub(super) fn fill(&self, text: &str) -> String {
        // One pass: an address is not searched for placeholders.
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, from) = rest.split_at(at);
            filled.push_str(before);
            rest = if let Some(after) = from.strip_prefix("{http}") {
                filled.push_str(&self.http);
                after
            } else if let Some(after) = from.strip_prefix("{tftp}") {
                filled.push_str(&self.tftp);
                after
            } else {
                filled.push('{');
                &from[1..]
            };
        }
        filled + rest
    }
}

/// For `--http`.
pub(super) fn check_http(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    if is_sound(text) && host.is_some_and(|host| !host.is_empty()) {
        Ok(text.to_owned())
    } else {
        Err("expected a URL as phones use it, http://HOST[:PORT][/PATH]".to_owned())
    }
}

/// For `--tftp`.
pub(super) fn check_tftp(text: &str) -> Result<String, String> {
    if text.contains("//") || !is_sound(text) {
        return Err("expected an IP address or a host name".to_owned());
    }
    Ok(text.to_owned())
}

/// Printable ASCII without spaces and quotes: there are no others in URLs and host names (RFC 3986 §2).
fn is_sound(text: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_graphic() && !b"\"'`\\<>{}|^".contains(&byte);
    (1..=200).contains(&text.len()) && text.bytes().all(is_sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_and_other_braces_left() {
        let own = Advertised { http: "http://h".into(), tftp: "192.0.2.1".into(), strange_tftp_port: None };
        assert_eq!(own.fill("{http}/{mac}{{tftp}}{http}é{"), "http://h/{mac}{192.0.2.1}http://hé{",);
    }

    #[test]
    fn addresses_are_checked() {
        assert!(check_http("http://provd:8667").is_ok() && check_http("https://pbx.example.org/key").is_ok());
        for wrong in ["provd:8667", "http://", "http://a b", "http://a\"", "http://a\nb", "http://{http}"] {
            assert!(check_http(wrong).is_err(), "{wrong}");
        }
        assert!(check_tftp("192.0.2.1").is_ok() && check_tftp("pbx.example.org").is_ok());
        for wrong in ["", "tftp://192.0.2.1", "a b", "a'b"] {
            assert!(check_tftp(wrong).is_err(), "{wrong}");
        }
    }
}
