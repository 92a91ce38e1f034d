//! What was last seen of phones, in memory until it is written, many at a time: a request costs no write.
//!
//! What the server is killed with, the last few seconds, is lost; a phone will be seen again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use super::Provisioning;
use super::store::StoreError;
use crate::domain::device::Device;
use crate::domain::remote_state::Presence;

/// So many are not kept until it is time: a site that comes up is not to fill the memory.
const MANY: usize = 2_000;

/// Presences that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Presences {
    // A plain mutex: held for one insertion or to take all, never while waiting.
    unwritten: Mutex<HashMap<String, Presence>>,
    /// They have become [`MANY`].
    many: Notify,
}

/// What was seen of a phone.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'r> {
    /// `HTTP`, `TFTP` or `DHCP`.
    pub protocol: &'static str,
    /// What it asked for; a lease has none.
    pub path: Option<&'r str>,
    /// `file`, `not found`, …
    pub answer: &'static str,
    /// Whether the file was the one whose fetch proves that the phone has its configuration.
    pub fetched: bool,
}

impl Sight<'_> {
    fn write_into(&self, presence: &mut Presence, device: &Device, now: SystemTime) {
        presence.last_seen = now;
        self.write_request(&mut presence.last_request);
        if presence.last_answer != self.answer {
            self.answer.clone_into(&mut presence.last_answer);
        }
        if self.fetched {
            presence.fetched_revision = Some(device.files_revision);
            presence.fetched_at = Some(now);
        }
    }

    fn write_request(&self, request: &mut String) {
        request.clear();
        request.push_str(self.protocol);
        if let Some(path) = self.path {
            request.push(' ');
            request.push_str(path);
        }
    }
}

impl Presences {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Presence>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a phone was seen since what is written.
    pub(super) fn has_news_of(&self, device: &str) -> bool {
        self.lock().contains_key(device)
    }

    /// What was seen later counts; what was fetched is not forgotten by a request that fetched nothing. A phone that was
    /// seen before costs no memory anew: this happens with each request.
    fn note(&self, device: &Device, now: SystemTime, sight: Sight<'_>) {
        let mut unwritten = self.lock();
        if let Some(presence) = unwritten.get_mut(&device.id) {
            return sight.write_into(presence, device, now);
        }
        let presence = unwritten.entry(device.id.clone());
        let presence = presence.or_insert_with(|| Presence::of(device.id.clone(), now));
        sight.write_into(presence, device, now);
        // Those that could not be written are more, and wait until it is time.
        if unwritten.len() == MANY {
            self.many.notify_one();
        }
    }

    fn put_back(&self, presences: Vec<Presence>) {
        let mut unwritten = self.lock();
        for presence in presences {
            let noted = unwritten.remove(&presence.device);
            unwritten.extend(newer(Some(presence), noted).map(|newer| (newer.device.clone(), newer)));
        }
    }

    /// What was noted of a device that is gone is not true of one made anew under its identifier.
    pub(super) fn forget(&self, device: &str) {
        self.lock().remove(device);
    }
}

impl Provisioning {
    /// Notes what a phone asked and was answered now, and says when that is.
    pub fn note_presence(&self, device: &Device, sight: Sight<'_>) -> SystemTime {
        let now = SystemTime::now();
        self.presences.note(device, now, sight);
        now
    }

    /// Writes what was noted. To be called every few seconds, and before the server ends.
    pub async fn write_presences(&self) {
        let presences: Vec<Presence> = std::mem::take(&mut *self.presences.lock()).into_values().collect();
        if presences.is_empty() {
            return;
        }
        if let Err(error) = self.store.put_presences(presences.clone()).await {
            tracing::warn!("What was last seen of {} phones is not written yet: {error}", presences.len());
            self.presences.put_back(presences);
        }
    }

    /// Writes what was noted whenever it has become much, without end.
    pub async fn write_many_presences(&self) {
        loop {
            self.presences.many.notified().await;
            self.write_presences().await;
        }
    }

    /// What was last seen of a device.
    pub async fn presence(&self, device: &str) -> Result<Option<Presence>, StoreError> {
        let stored = self.store.presence(device).await?;
        Ok(newer(stored, self.presences.lock().get(device).cloned()))
    }

    /// What was last seen of all devices, by their identifiers.
    pub async fn presences(&self) -> Result<HashMap<String, Presence>, StoreError> {
        let stored = self.store.presences().await?;
        let mut presences: HashMap<String, Presence> =
            stored.into_iter().map(|presence| (presence.device.clone(), presence)).collect();
        for (device, noted) in self.presences.lock().iter() {
            let merged = newer(presences.remove(device), Some(noted.clone()));
            presences.extend(merged.map(|presence| (device.clone(), presence)));
        }
        Ok(presences)
    }
}

/// What was noted since what is stored.
fn newer(stored: Option<Presence>, noted: Option<Presence>) -> Option<Presence> {
    let Some(mut noted) = noted else { return stored };
    if let Some(stored) = stored
        && noted.fetched_revision.is_none()
    {
        noted.fetched_revision = stored.fetched_revision;
        noted.fetched_at = stored.fetched_at;
    }
    Some(noted)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn it_is_told_once_that_there_are_many() {
        let presences = Presences::default();
        let see = |number: usize| {
            let device = Device { id: number.to_string(), ..Device::default() };
            let sight = Sight { protocol: "DHCP", path: None, answer: "nothing", fetched: false };
            presences.note(&device, SystemTime::now(), sight);
            presences.many.notified().now_or_never().is_some()
        };
        let told: Vec<usize> = (1..MANY * 2).filter(|number| see(*number)).collect();
        assert_eq!(told, [MANY]);
        assert!(!see(MANY), "seen again");
    }
}
