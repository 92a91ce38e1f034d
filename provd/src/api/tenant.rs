//! Whose devices a request is about: header `Wazo-Tenant`, else the master tenant, which owns the administrator's token.
//!
//! Only devices have tenants. A device without one is new: it shows the master tenant until a tenant claims it.

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::Problem;
use crate::domain::device::Device;

/// The tenant of the administrator's token. All others are its descendants, and nobody else's.
pub(super) const MASTER_TENANT: Uuid = Uuid::nil();

const HEADER: &str = "Wazo-Tenant";

/// Whose devices a request is about; nothing for the master tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tenant(Option<String>);

impl Tenant {
    /// The tenant a request names. No token covers one that is no UUID.
    pub(super) fn of(headers: &HeaderMap) -> Result<Tenant, Problem> {
        let Some(named) = headers.get(HEADER) else {
            return Ok(Tenant(None));
        };
        let uuid = Uuid::try_parse_ascii(named.as_bytes()).map_err(|_| Problem::Unauthorized)?;
        Ok(Tenant((uuid != MASTER_TENANT).then(|| uuid.to_string())))
    }

    /// Whether it is the master tenant, which sees everything.
    pub(super) fn is_master(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a device is its own.
    pub(super) fn owns(&self, device: &Device) -> bool {
        self.0.as_deref() == claimed_by(device)
    }

    /// Whether a device is its own or a descendant's.
    pub(super) fn sees(&self, device: &Device) -> bool {
        self.is_master() || self.owns(device)
    }

    /// Whether it may replace a device: one that it sees, and any new one, which becomes its own.
    pub(super) fn may_update(&self, device: &Device) -> bool {
        self.sees(device) || is_new(device)
    }

    /// The owner of a device it creates, or claims.
    pub(super) fn as_owner(&self) -> Option<String> {
        self.0.clone()
    }
}

/// Whether no tenant has claimed a device.
pub(super) fn is_new(device: &Device) -> bool {
    claimed_by(device).is_none()
}

/// The document clients get: a device's own with its tenant and whether it is new.
pub(super) fn document_of(device: &Device) -> Map<String, Value> {
    let mut document = device.to_document();
    document.insert("is_new".to_owned(), is_new(device).into());
    if is_new(device) {
        document.insert("tenant_uuid".to_owned(), MASTER_TENANT.to_string().into());
    }
    document
}

fn claimed_by(device: &Device) -> Option<&str> {
    device.tenant_uuid.as_deref().filter(|tenant| Uuid::try_parse(tenant) != Ok(MASTER_TENANT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000001";
    const THEIRS: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000002";

    fn tenant(named: &str) -> Tenant {
        Tenant::of(&HeaderMap::from_iter([(HEADER.parse().unwrap(), named.parse().unwrap())])).unwrap()
    }

    fn device_of(tenant: Option<&str>) -> Device {
        Device { tenant_uuid: tenant.map(str::to_owned), ..Device::default() }
    }

    #[test]
    fn the_master_sees_all_and_owns_what_is_new() {
        let master = Tenant::of(&HeaderMap::new()).unwrap();
        assert_eq!(master, tenant(&MASTER_TENANT.to_string()));
        assert!(master.owns(&device_of(None)) && !master.owns(&device_of(Some(OURS))));
        assert!(master.sees(&device_of(Some(OURS))));
    }

    #[test]
    fn a_tenant_sees_its_own_and_may_claim_what_is_new() {
        let ours = tenant(&OURS.to_uppercase());
        assert!(ours.owns(&device_of(Some(OURS))) && ours.sees(&device_of(Some(OURS))));
        assert!(!ours.sees(&device_of(None)) && ours.may_update(&device_of(None)));
        assert!(!ours.sees(&device_of(Some(THEIRS))) && !ours.may_update(&device_of(Some(THEIRS))));
    }

    #[test]
    fn what_is_no_uuid_is_covered_by_no_token() {
        let headers = HeaderMap::from_iter([(HEADER.parse().unwrap(), "x".parse().unwrap())]);
        assert!(matches!(Tenant::of(&headers), Err(Problem::Unauthorized)));
    }

    #[test]
    fn a_new_device_shows_the_master_tenant() {
        for device in [device_of(None), device_of(Some(&MASTER_TENANT.to_string()))] {
            let document = document_of(&device);
            assert_eq!(document["is_new"], true);
            assert_eq!(document["tenant_uuid"], MASTER_TENANT.to_string());
        }
        assert_eq!(document_of(&device_of(Some(OURS)))["is_new"], false);
    }
}
