//! One condition of an extraction rule: what it is tested on, and the expression it must match.

use std::borrow::Cow;

use crate::declarative::spanned::Spanned;
use provd_proto::v1::{DhcpRequest, HttpRequest, request};
use regex::{Captures, Regex};

use crate::declarative::error::LoadError;
use crate::declarative::manifest::{ExtractEntry, Kind};
use crate::declarative::source::Source;

/// DHCP option of the vendor class identifier (RFC 2132 §9.13).
pub(super) const VENDOR_CLASS: u8 = 60;

/// What a condition is tested on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Path,
    Query,
    UserAgent,
    /// By its lower-case name.
    Header(String),
    Filename,
    VendorClass,
    Option(u8),
}

/// One condition.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) subject: Subject,
    pub(super) regex: Regex,
}

impl Condition {
    /// All conditions of a rule, the cheap ones first.
    pub(super) fn all(entry: &ExtractEntry, source: &Source) -> Result<Vec<Condition>, LoadError> {
        let mut conditions = Vec::new();
        let plain = [
            ("path", Kind::Http, Subject::Path, &entry.path),
            ("query", Kind::Http, Subject::Query, &entry.query),
            ("user_agent", Kind::Http, Subject::UserAgent, &entry.user_agent),
            ("filename", Kind::Tftp, Subject::Filename, &entry.filename),
            ("vendor_class", Kind::Dhcp, Subject::VendorClass, &entry.vendor_class),
        ];
        for (key, kind, subject, pattern) in plain {
            if let Some(pattern) = pattern {
                conditions.push(condition(entry, source, (key, kind), subject, pattern)?);
            }
        }
        for (name, pattern) in &entry.headers {
            let subject = Subject::Header(name.to_ascii_lowercase());
            conditions.push(condition(entry, source, ("headers", Kind::Http), subject, pattern)?);
        }
        for (code, pattern) in &entry.options {
            let code = code.parse().ok().filter(|code| (1..255).contains(code));
            let code = code
                .ok_or_else(|| source.invalid(pattern, "options", "expected option codes from 1 to 254"))?;
            conditions.push(condition(
                entry,
                source,
                ("options", Kind::Dhcp),
                Subject::Option(code),
                pattern,
            )?);
        }
        Ok(conditions)
    }

    /// The match on the first value that has one; nothing if the request has no such value.
    pub(super) fn matches<'r>(&self, values: &'r [Cow<'_, str>]) -> Option<Captures<'r>> {
        values.iter().find_map(|value| self.regex.captures(value))
    }
}

fn condition(
    entry: &ExtractEntry,
    source: &Source,
    (key, kind): (&str, Kind),
    subject: Subject,
    pattern: &Spanned<String>,
) -> Result<Condition, LoadError> {
    if entry.kind != kind {
        let expected =
            format!("only rules with kind = \"{}\" can test this", format!("{kind:?}").to_lowercase());
        return Err(source.invalid(pattern, key, expected));
    }
    Ok(Condition { subject, regex: source.regex(pattern, key)? })
}

impl Subject {
    /// What the request has in this place: nothing, one value, or several headers of one name.
    pub(super) fn values<'r>(&self, request: &'r request::Kind) -> Vec<Cow<'r, str>> {
        match request {
            request::Kind::Http(http) => self.http_values(http),
            request::Kind::Tftp(tftp) if *self == Subject::Filename => vec![Cow::Borrowed(&*tftp.filename)],
            request::Kind::Tftp(_) => Vec::new(),
            request::Kind::Dhcp(dhcp) => self.dhcp_value(dhcp).into_iter().map(Cow::Owned).collect(),
        }
    }

    fn http_values<'r>(&self, http: &'r HttpRequest) -> Vec<Cow<'r, str>> {
        let named = |name: &str| {
            let headers = http.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            headers.map(|header| Cow::Borrowed(&*header.value)).collect()
        };
        match self {
            Subject::Path => vec![Cow::Borrowed(&*http.path)],
            Subject::Query => vec![Cow::Borrowed(&*http.query)],
            Subject::UserAgent => named("user-agent"),
            Subject::Header(name) => named(name),
            Subject::Filename | Subject::VendorClass | Subject::Option(_) => Vec::new(),
        }
    }

    fn dhcp_value(&self, dhcp: &DhcpRequest) -> Option<String> {
        let option = |code: u8| dhcp.options.get(&u32::from(code)).map(Vec::as_slice);
        let bytes = match self {
            Subject::VendorClass => {
                let value = option(VENDOR_CLASS)?;
                let end = value.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                &value[..end]
            }
            Subject::Option(code) => option(*code)?,
            _ => return None,
        };
        Some(bytes.iter().map(|byte| char::from(*byte)).collect())
    }
}
