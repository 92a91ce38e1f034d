//! The key that URLs must begin with, where phones must show one. It is taken off before anything else sees the path, the
//! log included. Only HTTP has keys: a TFTP client is told its file names by DHCP, and has nothing to put a key into.

use super::Pipeline;
use crate::domain::device::Device;
use crate::domain::parameter::{PROVISIONING_KEY, Parameter};
use crate::domain::request::{Request, RequestKind};

/// What stands for a first segment that looks like a key and is none: it may have been one, or be one misspelt.
const HIDDEN: &str = "***";

/// What a request may see, by the key it showed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// None is needed.
    NotNeeded,
    /// That of a tenant; the empty name is the master tenant.
    Of(String),
    /// None, or nobody's: the request is denied, for this reason.
    Denied(&'static str),
}

impl Pipeline {
    /// Takes the key off the path of a request.
    pub(super) fn take_key(&self, request: &mut Request) -> Key {
        let RequestKind::Http(http) = &mut request.kind else { return Key::NotNeeded };
        if !self.provisioning.requires_url_keys() {
            return Key::NotNeeded;
        }
        let (shown, rest) = split(&http.path);
        if shown.is_empty() {
            return Key::Denied("Empty provisioning key.");
        }
        if let Some(tenant) = self.provisioning.tenant_with_key(shown) {
            http.path = format!("/{}", rest.unwrap_or_default());
            return Key::Of(tenant);
        }
        if let Some(rest) = rest.filter(|_| looks_like_a_key(shown)) {
            http.path = format!("/{HIDDEN}/{rest}");
        }
        Key::Denied("Invalid URL key.")
    }

    /// Whether a device is for whoever showed a key: one of another tenant is not.
    pub(super) fn opens(&self, key: &Key, device: &Device) -> bool {
        match key {
            Key::NotNeeded => true,
            Key::Of(tenant) => self.provisioning.key_opens(tenant, device),
            Key::Denied(_) => false,
        }
    }
}

/// The first segment of a path, and what follows it.
fn split(path: &str) -> (&str, Option<&str>) {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

fn looks_like_a_key(segment: &str) -> bool {
    Parameter::named(PROVISIONING_KEY).is_some_and(|parameter| parameter.read(&segment.into()).is_ok())
}
