//! What was last seen of phones, in memory until it is written, many at a time: a request costs no write.
//!
//! What the server is killed with, the last few seconds, is lost; a phone will be seen again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::Provisioning;
use super::store::StoreError;
use crate::domain::device::Device;
use crate::domain::remote_state::Presence;

/// Presences that are not written yet.
#[derive(Debug, Default)]
pub(super) struct Presences {
    // A plain mutex: held for one insertion or to take all, never while waiting.
    unwritten: Mutex<HashMap<String, Presence>>,
}

impl Presences {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Presence>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a phone was seen since what is written.
    pub(super) fn has_news_of(&self, device: &str) -> bool {
        self.lock().contains_key(device)
    }

    /// What was seen later counts; what was fetched is not forgotten by a request that fetched nothing.
    fn note(&self, mut presence: Presence) {
        let mut unwritten = self.lock();
        if let Some(before) = unwritten.get(&presence.device)
            && presence.fetched_revision.is_none()
        {
            presence.fetched_revision = before.fetched_revision;
            presence.fetched_at = before.fetched_at;
        }
        unwritten.insert(presence.device.clone(), presence);
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
    /// Notes what a phone asked and was answered. `fetched`: the file was the one whose fetch proves that the phone has
    /// its configuration.
    pub fn note_presence(&self, device: &Device, request: String, answer: &str, fetched: bool) {
        let now = SystemTime::now();
        self.presences.note(Presence {
            device: device.id.clone(),
            last_seen: now,
            last_request: request,
            last_answer: answer.to_owned(),
            fetched_revision: fetched.then_some(device.files_revision),
            fetched_at: fetched.then_some(now),
        });
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
