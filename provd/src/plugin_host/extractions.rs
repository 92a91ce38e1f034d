//! Answers about requests of one shape: everything an extraction may depend on, made one key.

use std::sync::{PoisonError, RwLock};

use quick_cache::sync::Cache;

use crate::domain::request::{Request, RequestKind};

/// Shapes of requests that are remembered.
const CAPACITY: usize = 4096;
/// Longest shape that is remembered, in bytes. No phone's is as long, and whoever makes them up is not to fill the memory.
const LONGEST: usize = 2048;

/// What an extraction depends on besides protocol, path, query, User-Agent and vendor class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Vary {
    pub(super) headers: Vec<String>,
    pub(super) dhcp_options: Vec<u8>,
}

/// Remembered answers by the shape of a request.
#[derive(Debug)]
pub(super) struct Extractions<T> {
    // Changes only while answers reveal what they depend on.
    vary: RwLock<Vary>,
    answers: Cache<String, T>,
}

impl<T: Clone> Extractions<T> {
    pub(super) fn new() -> Extractions<T> {
        Extractions { vary: RwLock::default(), answers: Cache::new(CAPACITY) }
    }

    pub(super) fn get(&self, request: &Request) -> Option<T> {
        self.answers.get(&self.shape(request))
    }

    /// Remembers an answer. What it depends on counts for all from now on: a key that states more is never wrong.
    pub(super) fn remember(&self, request: &Request, vary: Vary, answer: T) {
        self.widen(vary);
        let shape = self.shape(request);
        if shape.len() <= LONGEST {
            self.answers.insert(shape, answer);
        }
    }

    /// What the answers depend on, as far as they revealed it.
    pub(super) fn vary(&self) -> Vary {
        self.vary.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn widen(&self, vary: Vary) {
        if vary == *self.vary.read().unwrap_or_else(PoisonError::into_inner) {
            return;
        }
        self.vary.write().unwrap_or_else(PoisonError::into_inner).add(vary);
    }

    /// What an answer about a request is kept under.
    pub(super) fn shape(&self, request: &Request) -> String {
        let vary = self.vary.read().unwrap_or_else(PoisonError::into_inner);
        let mut shape = Shape(String::with_capacity(160));
        shape.part(request.kind.protocol());
        match &request.kind {
            RequestKind::Http(http) => {
                shape.part(&http.path);
                shape.part(&http.query);
                shape.part(http.user_agent().unwrap_or_default());
                vary.headers.iter().for_each(|name| shape.optional(http.header(name)));
            }
            RequestKind::Tftp(tftp) => shape.part(&tftp.filename),
            RequestKind::Dhcp(dhcp) => {
                shape.part(&dhcp.vendor_class().unwrap_or_default());
                for code in &vary.dhcp_options {
                    shape.optional(dhcp.options.get(code).map(hex::encode).as_deref());
                }
            }
        }
        shape.0
    }
}

impl Vary {
    /// Adds what other answers depend on.
    pub(super) fn add(&mut self, other: Vary) {
        self.headers.extend(other.headers);
        self.headers.sort();
        self.headers.dedup();
        self.dhcp_options.extend(other.dhcp_options);
        self.dhcp_options.sort_unstable();
        self.dhcp_options.dedup();
    }
}

/// Parts with their lengths before them, so that no two lists of parts make one key. A length is written as the character
/// with its number, for this happens with each request; lengths that have none are of shapes too long to be remembered.
struct Shape(String);

impl Shape {
    fn part(&mut self, text: &str) {
        let number = u32::try_from(text.len() + 1).ok().and_then(char::from_u32);
        self.0.push(number.unwrap_or(char::REPLACEMENT_CHARACTER));
        self.0.push_str(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.part(text),
            None => self.0.push('\0'),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::request::{DhcpRequest, HttpRequest};

    fn http(path: &str, language: &str) -> Request {
        let headers = [("user-agent", "A"), ("accept-language", language)];
        let http = HttpRequest {
            method: "GET",
            path: path.to_owned(),
            query: String::new(),
            headers: headers.into(),
        };
        Request { ip: [192, 0, 2, 1].into(), kind: RequestKind::Http(http) }
    }

    fn dhcp(class: &[u8], option: &[u8]) -> Request {
        let mac = "00:08:5d:00:00:01".parse().unwrap();
        let options = BTreeMap::from([(60, class.to_vec()), (43, option.to_vec())]);
        Request {
            ip: [192, 0, 2, 1].into(),
            kind: RequestKind::Dhcp(DhcpRequest { mac, options, only_phones: false }),
        }
    }

    #[test]
    fn an_answer_is_given_again_only_to_its_like() {
        let memory = Extractions::new();
        memory.remember(&http("/a", "fr"), Vary::default(), 1);
        assert_eq!(memory.get(&http("/a", "en")), Some(1));
        assert_eq!(memory.get(&http("/b", "fr")), None);
        let vary = Vary { headers: vec!["accept-language".to_owned()], dhcp_options: vec![] };
        memory.remember(&http("/b", "fr"), vary, 2);
        assert_eq!(memory.get(&http("/b", "fr")), Some(2));
        assert_eq!(memory.get(&http("/b", "en")), None);
    }

    #[test]
    fn bytes_cannot_pose_as_other_parts() {
        let memory = Extractions::new();
        let vary = Vary { headers: vec![], dhcp_options: vec![43] };
        memory.remember(&dhcp(b"a", b"\xff"), vary, 1);
        assert_eq!(memory.get(&dhcp(b"a", b"\xff")), Some(1));
        for other in [dhcp(b"a", b"\xfe"), dhcp(b"a2:ff", b""), dhcp(b"", b"a\xff")] {
            assert_eq!(memory.get(&other), None);
        }
    }
}
