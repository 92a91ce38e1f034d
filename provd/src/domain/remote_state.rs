//! What a phone was last seen to do, and whether it has the configuration it should have.

use std::time::SystemTime;

use super::device::Device;

/// What was last seen of a phone. Kept apart from its record, for it changes with every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Whose.
    pub device: String,
    /// When it last asked for anything.
    pub last_seen: SystemTime,
    /// What it asked: `HTTP /Aastra/aastra.cfg`, `TFTP spa3102.cfg`, `DHCP`.
    pub last_request: String,
    /// What it was answered: `file`, `not found`, …
    pub last_answer: String,
    /// The [`Device::files_revision`] whose trigger file it last fetched.
    pub fetched_revision: Option<i64>,
    /// When it did.
    pub fetched_at: Option<SystemTime>,
}

impl Presence {
    /// Of a phone that asked for something, which is not known yet.
    pub fn of(device: String, now: SystemTime) -> Presence {
        Presence {
            device,
            last_seen: now,
            last_request: String::new(),
            last_answer: String::new(),
            fetched_revision: None,
            fetched_at: None,
        }
    }
}

/// Whether a phone has what it should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    /// There is nothing for it: it is not configured.
    NotConfigured,
    /// It never asked for anything.
    Expected,
    /// It asked, but has not fetched its configuration yet.
    Contacted,
    /// It fetched an earlier configuration than the one it should have.
    Outdated,
    /// It fetched the configuration it should have.
    Current,
}

impl Currency {
    /// Judges a device by what was last seen of it.
    pub fn of(device: &Device, presence: Option<&Presence>) -> Currency {
        let fetched = presence.and_then(|presence| presence.fetched_revision);
        match (device.configured, presence, fetched) {
            (false, ..) => Currency::NotConfigured,
            (true, None, _) => Currency::Expected,
            (true, Some(_), None) => Currency::Contacted,
            (true, Some(_), Some(fetched)) if fetched < device.files_revision => Currency::Outdated,
            (true, Some(_), Some(_)) => Currency::Current,
        }
    }

    /// `not_configured`, `expected`, `contacted`, `outdated` or `current`.
    pub fn as_str(self) -> &'static str {
        match self {
            Currency::NotConfigured => "not_configured",
            Currency::Expected => "expected",
            Currency::Contacted => "contacted",
            Currency::Outdated => "outdated",
            Currency::Current => "current",
        }
    }

    /// Whether the phone is known to run something else than what it should: what `--outdated` lists. One that never
    /// fetched anything from here counts too.
    pub fn is_outdated(self) -> bool {
        matches!(self, Currency::Contacted | Currency::Outdated | Currency::Expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(fetched: Option<i64>) -> Presence {
        Presence {
            device: "a".to_owned(),
            last_seen: SystemTime::UNIX_EPOCH,
            last_request: "HTTP /".to_owned(),
            last_answer: "file".to_owned(),
            fetched_revision: fetched,
            fetched_at: None,
        }
    }

    #[test]
    fn a_phone_is_current_once_it_fetched_the_latest_files() {
        let device = Device { configured: true, files_revision: 3, ..Device::default() };
        let currency = |presence: Option<&Presence>| Currency::of(&device, presence).as_str();
        assert_eq!(currency(None), "expected");
        assert_eq!(currency(Some(&seen(None))), "contacted");
        assert_eq!(currency(Some(&seen(Some(2)))), "outdated");
        assert_eq!(currency(Some(&seen(Some(3)))), "current");
        assert_eq!(Currency::of(&Device::default(), None), Currency::NotConfigured);
    }
}
