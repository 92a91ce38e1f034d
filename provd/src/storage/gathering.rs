//! Phones that are looked for at the same time are read together.
//!
//! When a site comes back hundreds of phones ask that are not in memory. To hand statements to the thread of a connection,
//! and rows back, costs more than to run them; so whoever gets a connection reads for all who wait for one. Who is alone
//! reads alone, and waits for nobody.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{self, Receiver, Sender};

use super::Database;
use super::devices::{self, Found};
use super::reading::Reading;
use crate::domain::device::Device;
use crate::domain::mac::Mac;
use crate::provisioning::store::{DeviceKey, StoreError};

/// Phones that are read together at most.
pub(super) const MOST: usize = 16;

type Answer = Result<Vec<Arc<Device>>, StoreError>;

/// Who waits for a connection.
#[derive(Debug, Default)]
pub(super) struct Gathering(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// How many there have been.
    count: u64,
    /// In the order they came.
    wishes: Vec<Wish>,
}

#[derive(Debug)]
struct Wish {
    number: u64,
    mac: Mac,
    answer: Sender<Answer>,
}

impl Gathering {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, mac: Mac) -> (Place<'_>, Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let mut waiting = self.lock();
        waiting.count += 1;
        let number = waiting.count;
        waiting.wishes.push(Wish { number, mac, answer });
        (Place { gathering: self, number }, answered)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().wishes.is_empty()
    }
}

impl Waiting {
    fn take(&mut self, number: u64) -> Option<Wish> {
        let at = self.wishes.binary_search_by_key(&number, |wish| wish.number).ok()?;
        Some(self.wishes.remove(at))
    }
}

/// A place among those who wait, until this is dropped.
struct Place<'g> {
    gathering: &'g Gathering,
    number: u64,
}

impl Place<'_> {
    /// Its wish and those to be read with it; none if another reads for it already.
    fn lead(&self) -> Vec<Wish> {
        let mut waiting = self.gathering.lock();
        let Some(own) = waiting.take(self.number) else { return Vec::new() };
        let others = waiting.wishes.len().min(MOST - 1);
        std::iter::once(own).chain(waiting.wishes.drain(..others)).collect()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gathering.lock().take(self.number);
    }
}

impl Database {
    /// The devices with a MAC address, read alone or with those that others look for.
    pub(super) async fn devices_by_mac(&self, mac: Mac) -> Answer {
        loop {
            let (place, mut answered) = self.gathering.join(mac);
            let answer = tokio::select! {
                biased;
                answer = &mut answered => answer,
                reading = self.read() => {
                    match (reading?, place.lead()) {
                        (reading, wishes) if wishes.is_empty() => reading.cancel(),
                        (reading, wishes) => self.read_for(reading, wishes).await,
                    }
                    answered.await
                }
            };
            // Who was to read may have gone with its phone before it had.
            if let Ok(answer) = answer {
                return answer;
            }
        }
    }

    async fn read_for(&self, mut reading: Reading, wishes: Vec<Wish>) {
        let macs: Vec<Mac> = wishes.iter().map(|wish| wish.mac).collect();
        let since = self.stamps.now();
        match devices::find_by_macs(&mut reading, &macs).await {
            Ok(Found { devices, files }) => {
                drop(reading);
                self.cache.keep_device_files(since, files);
                let devices: Vec<Arc<Device>> = devices.into_iter().map(Arc::new).collect();
                for Wish { mac, answer, .. } in wishes {
                    let of_mac = devices.iter().filter(|device| device.info.mac == Some(mac));
                    // Who does not wait any more needs no answer.
                    answer.send(Ok(of_mac.cloned().collect())).ok();
                }
            }
            // What is wrong with one of them is nobody else's trouble.
            Err(_) if macs.len() > 1 => {
                for Wish { mac, answer, .. } in wishes {
                    let found = devices::find(&mut reading, &DeviceKey::Mac(mac)).await;
                    let found = found.map(|found| found.devices.into_iter().map(Arc::new).collect());
                    answer.send(found).ok();
                }
            }
            Err(error) => {
                for wish in wishes {
                    wish.answer.send(Err(error.clone())).ok();
                }
            }
        }
    }
}
