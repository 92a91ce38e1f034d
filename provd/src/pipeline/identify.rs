//! Steps 2 and 3 together: the device behind a request, found or created, with its record up to date.
//!
//! Where nothing changes, no lock is taken. Changes are made in order for each phone: two first requests of one phone make
//! one device.

use std::sync::Arc;
use std::time::Duration;

use super::record::{Draft, Identification, Tried};
use super::retrieve::{self, Found};
use super::update::is_current;
use super::{Pipeline, log};
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::policy::{Retriever, Updater};
use crate::domain::provenance::Source;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::DeviceGuard;
use crate::provisioning::store::{DeviceKey, StoreError};

/// How often a change of a record is tried again when somebody else changed it at the same time.
const ATTEMPTS: usize = 5;

/// The outcome.
#[derive(Debug, Default)]
pub(super) struct Identified {
    /// The device as it is stored.
    pub(super) device: Option<Arc<Device>>,
    /// Whether every plugin was heard about who serves it.
    pub(super) complete: bool,
    /// Whether there was nothing to change in its record.
    pub(super) is_settled: bool,
    /// The phone is to ask again after this time, and gets nothing now.
    pub(super) retry_after: Option<Duration>,
}

/// That a device was looked for, and not found.
struct Looked {
    /// Before which it was.
    at: usize,
    /// What it was looked for by.
    tried: Vec<(DeviceKey, Tried)>,
}

/// Who a request is of, as far as it says.
#[derive(Debug, Clone)]
pub(super) struct Stated {
    pub(super) info: DeviceInfo,
    pub(super) source: Source,
    /// Whether one that is not known may become a device, or wait to become one.
    pub(super) may_create: bool,
}

impl Pipeline {
    /// The device a request is of, created if need be.
    pub(super) async fn identify(
        &self,
        request: &Request,
        draft: &mut Draft,
    ) -> Result<Identified, StoreError> {
        let may_create = self.may_create(request, &draft.info);
        self.complete_by_lease(request, &mut draft.info);
        let (info, source) = (&draft.info, Source::of(request));
        let story = &mut draft.identification;
        let looks = self.provisioning.locks().now();
        let found = match self.retrieve(info, &mut story.tried).await? {
            Some(device) if self.is_settled(&device, info, source) => {
                return Ok(Identified {
                    device: Some(device),
                    complete: true,
                    is_settled: true,
                    retry_after: None,
                });
            }
            None if !may_create => return Ok(Identified { complete: true, ..Identified::default() }),
            found => found.is_some(),
        };
        let stated = Stated { info: info.clone(), source, may_create };
        let looked = (!found).then(|| Looked { at: looks, tried: story.tried.clone() });
        let pipeline = self.clone();
        let change = async move { pipeline.change(&stated, looked).await };
        let change = self.changes.spawn_on(change, &self.runtime).await;
        let (identified, changed) =
            change.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))?;
        *story = changed;
        Ok(identified)
    }

    /// Whether one that is not known may become a device by what it says itself: what DHCP told of its address makes no phone
    /// of a browser there.
    fn may_create(&self, request: &Request, info: &DeviceInfo) -> bool {
        match &request.kind {
            // A DHCP server that serves more than phones tells of laptops too.
            RequestKind::Dhcp(dhcp) => {
                let anybody = !dhcp.only_phones && self.settings.retriever == Retriever::Default;
                anybody || info.vendor.is_some()
            }
            RequestKind::Http(_) | RequestKind::Tftp(_) => info.says_more_than_address(),
        }
    }

    /// DHCP tells who has an address, and others may be known by it.
    fn complete_by_lease(&self, request: &Request, info: &mut DeviceInfo) {
        if matches!(request.kind, RequestKind::Dhcp(_)) {
            self.leases.remember(info);
        } else if !self.provisioning.may_be_shared(request.ip) {
            self.leases.complete(info);
        }
    }

    /// Whether there is nothing to change in the record of a device. What it was doubted for is forgotten then.
    fn is_settled(&self, device: &Device, info: &DeviceInfo, source: Source) -> bool {
        let is_current = is_current(device, info, source);
        if is_current {
            self.doubts.forget(&device.id);
        }
        is_current || self.settings.updater == Updater::Secure
    }

    /// Changes what a request changes.
    async fn change(
        &self,
        stated: &Stated,
        looked: Option<Looked>,
    ) -> Result<(Identified, Identification), StoreError> {
        let guard = self.provisioning.locks().lock(retrieve::lock_key(&stated.info)).await;
        // Should it be there by now after all, known by another key, then storing it fails for what it is known by, and it is
        // looked for again.
        let is_current = |looked: &Looked| guard.is_first_since(looked.at) && stated.info.has_identity();
        let mut looked = looked.filter(is_current);
        let mut attempts = 1;
        let mut turn = None;
        loop {
            let mut story = Identification::default();
            match self.try_change(stated, looked.take(), &mut story).await {
                Err(StoreError::Conflict(_)) if attempts < ATTEMPTS => attempts += 1,
                identified => return identified.map(|identified| (identified, story)),
            }
            // Where administrators change one config after the other, somebody would get ahead each time.
            drop(turn.take());
            turn = self.take_turn(stated).await?;
        }
    }

    /// The lock under which all but requests change the record behind a request, if there is one.
    async fn take_turn(&self, stated: &Stated) -> Result<Option<DeviceGuard>, StoreError> {
        let Some(device) = self.retrieve(&stated.info, &mut Vec::new()).await? else { return Ok(None) };
        Ok(Some(self.provisioning.lock_device(&device.id).await))
    }

    async fn try_change(
        &self,
        stated: &Stated,
        looked: Option<Looked>,
        story: &mut Identification,
    ) -> Result<Identified, StoreError> {
        let found = if let Some(looked) = looked {
            story.tried = looked.tried;
            None
        } else {
            self.retrieve(&stated.info, &mut story.tried).await?
        };
        let found = match found {
            Some(device) => Found::Stored(device),
            None if !stated.may_create => return Ok(Identified { complete: true, ..Identified::default() }),
            None => self.new_device(stated).await?,
        };
        match found {
            Found::Refused { why, retry_after } => {
                log::refused(&stated.info, &why);
                story.refusal = Some(why);
                Ok(Identified { complete: true, retry_after, ..Identified::default() })
            }
            Found::Stored(stored) => {
                let other = self.same_phone(&stored, &stated.info).await?;
                let (kept, absorbed) = whole(Arc::unwrap_or_clone(stored), other);
                self.update(kept, absorbed, stated, story).await
            }
            Found::New(device, _permit) => self.create(*device, stated, story).await,
        }
    }
}

/// Of two records of one phone the one that stays, and the one that is to go into it: what an administrator has changed stays.
/// If he changed both, so do both.
fn whole(found: Device, other: Option<Device>) -> (Device, Option<Device>) {
    match other {
        Some(other) if other.origin.is_some() => (found, Some(other)),
        Some(other) if found.origin.is_some() => (other, Some(found)),
        Some(other) => {
            tracing::warn!("Devices {} and {} are one phone: delete one of them", found.id, other.id);
            (found, None)
        }
        None => (found, None),
    }
}
