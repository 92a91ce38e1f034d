//! One condition of a rule: the part of a request it is tested on, and the expression that must match there.

use std::borrow::Cow;

use provd_proto::v1::{ExtractionCondition, RequestKind, RequestPart};
use regex::{Regex, RegexBuilder};

use super::asked::Asked;

/// Memory one expression may take when compiled, in bytes.
const EXPRESSION_BYTES: usize = 1 << 20;
/// DHCP option of the vendor class identifier (RFC 2132 §9.13).
pub(super) const VENDOR_CLASS: u8 = 60;

/// What a condition is tested on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Of HTTP, or the file name of TFTP.
    Path,
    Query,
    UserAgent,
    /// By its lower-case name.
    Header(String),
    VendorClass,
    Option(u8),
}

/// One condition.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(super) subject: Subject,
    pub(super) regex: Regex,
}

impl Condition {
    pub(crate) fn new(subject: Subject, regex: Regex) -> Condition {
        Condition { subject, regex }
    }

    /// Out of a description.
    pub(super) fn compile(kind: RequestKind, message: &ExtractionCondition) -> Result<Condition, String> {
        let subject = Subject::named(message)?;
        if !subject.is_part_of(kind) {
            let (part, kind) = (message.part().as_str_name(), kind.as_str_name());
            return Err(format!("a request of {kind} has no {part}"));
        }
        let pattern = &message.pattern;
        let regex = RegexBuilder::new(pattern).size_limit(EXPRESSION_BYTES).build();
        let regex = regex.map_err(|error| format!("the expression `{pattern}` is not usable: {error}"))?;
        Ok(Condition { subject, regex })
    }

    /// For a description.
    pub(super) fn message(&self) -> ExtractionCondition {
        let (part, header, option) = match &self.subject {
            Subject::Path => (RequestPart::Path, "", 0),
            Subject::Query => (RequestPart::Query, "", 0),
            Subject::UserAgent => (RequestPart::UserAgent, "", 0),
            Subject::Header(name) => (RequestPart::Header, name.as_str(), 0),
            Subject::VendorClass => (RequestPart::VendorClass, "", 0),
            Subject::Option(code) => (RequestPart::DhcpOption, "", *code),
        };
        ExtractionCondition {
            part: part.into(),
            header: header.to_owned(),
            dhcp_option: option.into(),
            pattern: self.regex.as_str().to_owned(),
        }
    }

    /// Whether it is met.
    pub(super) fn holds(&self, request: &impl Asked) -> bool {
        self.subject.value(request).is_some_and(|value| self.regex.is_match(&value))
    }
}

impl Subject {
    fn named(message: &ExtractionCondition) -> Result<Subject, String> {
        Ok(match message.part() {
            RequestPart::Unspecified => return Err("a condition on no part of a request".to_owned()),
            RequestPart::Path => Subject::Path,
            RequestPart::Query => Subject::Query,
            RequestPart::UserAgent => Subject::UserAgent,
            RequestPart::Header if message.header.is_empty() => {
                return Err("a condition on a header without its name".to_owned());
            }
            RequestPart::Header => Subject::Header(message.header.to_ascii_lowercase()),
            RequestPart::VendorClass => Subject::VendorClass,
            RequestPart::DhcpOption => {
                let code = u8::try_from(message.dhcp_option).ok().filter(|code| (1..255).contains(code));
                let refused = || format!("there is no DHCP option {}", message.dhcp_option);
                Subject::Option(code.ok_or_else(refused)?)
            }
        })
    }

    fn is_part_of(&self, kind: RequestKind) -> bool {
        match self {
            Subject::Path => matches!(kind, RequestKind::Http | RequestKind::Tftp),
            Subject::Query | Subject::UserAgent | Subject::Header(_) => kind == RequestKind::Http,
            Subject::VendorClass | Subject::Option(_) => kind == RequestKind::Dhcp,
        }
    }

    /// What a request has in this place.
    pub(super) fn value<'r>(&self, request: &'r impl Asked) -> Option<Cow<'r, str>> {
        match self {
            Subject::Path => Some(Cow::Borrowed(request.path())),
            Subject::Query => Some(Cow::Borrowed(request.query())),
            Subject::UserAgent => request.header("user-agent").map(Cow::Borrowed),
            Subject::Header(name) => request.header(name).map(Cow::Borrowed),
            Subject::VendorClass => {
                let value = request.dhcp_option(VENDOR_CLASS)?;
                let end = value.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                Some(Cow::Owned(latin_1(&value[..end])))
            }
            Subject::Option(code) => request.dhcp_option(*code).map(latin_1).map(Cow::Owned),
        }
    }
}

fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
