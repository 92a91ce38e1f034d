//! Whose devices a request is about: header `Wazo-Tenant`, else the token's tenant.
//!
//! Only devices have tenants. A device without one is new: it shows the master tenant until a tenant claims it.

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::problem::Problem;
use crate::access::Scope;
use crate::domain::access::Principal;
use crate::domain::device::Device;
use crate::provisioning::find::Owners;

const HEADER: &str = "Wazo-Tenant";

/// The tenant a request names. No token covers one that is no UUID.
pub(super) fn named(headers: &HeaderMap) -> Result<Option<Uuid>, Problem> {
    let named = headers.get(HEADER).map(|named| Uuid::try_parse_ascii(named.as_bytes()));
    named.transpose().map_err(|_| Problem::Unauthorized)
}

/// Whose devices a request is about, and which others it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tenant(Scope);

impl Tenant {
    pub(super) fn new(scope: Scope) -> Tenant {
        Tenant(scope)
    }

    /// The tenant and what is below it.
    pub(super) fn scope(&self) -> &Scope {
        &self.0
    }

    /// Whether it is the master tenant, which sees everything.
    pub(super) fn is_master(&self) -> bool {
        self.0.is_master()
    }

    /// Whether the token that was shown is of the master tenant, whatever tenant the request names.
    pub(super) fn is_of_master(&self, holder: &Principal) -> bool {
        self.0.named(holder.tenant) == self.0.master()
    }

    /// Whether a device is its own.
    pub(super) fn owns(&self, device: &Device) -> bool {
        self.owner_of(device) == Some(self.0.tenant())
    }

    /// Whether a device is its own or a descendant's.
    pub(super) fn sees(&self, device: &Device) -> bool {
        self.is_master() || self.owner_of(device).is_some_and(|owner| self.0.covers(owner))
    }

    /// Whose devices it is shown in a list: its own, or those of its descendants too.
    pub(super) fn owners(&self, recurse: bool) -> Owners {
        match (self.is_master(), recurse) {
            (true, true) => Owners::All,
            (false, true) => Owners::Only { tenants: self.0.below().clone(), unclaimed: false },
            (unclaimed, false) => Owners::Only { tenants: [self.0.tenant()].into(), unclaimed },
        }
    }

    /// Whether what was done in the name of a tenant, absent: the master, was done in its name or a descendant's.
    pub(super) fn answers_for(&self, tenant: Option<&str>) -> bool {
        let tenant = tenant.map_or(Ok(self.0.master()), Uuid::try_parse);
        self.is_master() || tenant.is_ok_and(|tenant| self.0.covers(tenant))
    }

    /// Whether it may replace a device: one that it sees, and any new one, which becomes its own.
    pub(super) fn may_update(&self, device: &Device) -> bool {
        self.sees(device) || self.is_new(device)
    }

    /// The owner of a device it creates, or claims; nothing for the master tenant.
    pub(super) fn as_owner(&self) -> Option<String> {
        self.as_stored(self.0.tenant())
    }

    /// The owner of a device that replaces a stored one. A new device becomes its own. Any other stays whose it is, unless
    /// the document names another tenant, which must be one that it sees.
    pub(super) fn owner_after(&self, stored: &Device, sent: &Device) -> Result<Option<String>, Problem> {
        if self.is_new(stored) {
            return Ok(self.as_owner());
        }
        // Clients send back what they read, whatever that is.
        let Some(named) = sent.tenant_uuid.as_deref().filter(|_| sent.tenant_uuid != stored.tenant_uuid)
        else {
            return Ok(stored.tenant_uuid.clone());
        };
        let refused = || {
            Problem::Invalid(format!(
                "tenant_uuid: there is no tenant `{}` to give it to",
                named.escape_debug()
            ))
        };
        let tenant = self.0.named(Uuid::try_parse(named).map_err(|_| refused())?);
        if self.0.covers(tenant) { Ok(self.as_stored(tenant)) } else { Err(refused()) }
    }

    /// Whether no tenant has claimed a device.
    pub(super) fn is_new(&self, device: &Device) -> bool {
        self.owner_of(device) == Some(self.0.master())
    }

    /// The document clients get: a device's own with its tenant and whether it is new.
    pub(super) fn document_of(&self, device: &Device) -> Map<String, Value> {
        let mut document = device.to_document();
        document.insert("is_new".to_owned(), self.is_new(device).into());
        if self.is_new(device) {
            document.insert("tenant_uuid".to_owned(), self.0.master().to_string().into());
        }
        document
    }

    /// Nobody, if what is stored is no UUID: earlier servers stored what they were sent.
    fn owner_of(&self, device: &Device) -> Option<Uuid> {
        let owner = device.tenant_uuid.as_deref().map_or(Ok(Uuid::nil()), Uuid::try_parse);
        owner.ok().map(|owner| self.0.named(owner))
    }

    fn as_stored(&self, tenant: Uuid) -> Option<String> {
        (tenant != self.0.master()).then(|| tenant.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: Uuid = Uuid::from_u128(1);
    const OURS: Uuid = Uuid::from_u128(2);
    const BELOW: Uuid = Uuid::from_u128(3);
    const THEIRS: Uuid = Uuid::from_u128(4);

    fn ours() -> Tenant {
        Tenant::new(Scope::new(OURS, MASTER, [OURS, BELOW].into()))
    }

    fn master() -> Tenant {
        Tenant::new(Scope::new(MASTER, MASTER, [].into()))
    }

    fn device_of(tenant: impl std::fmt::Display) -> Device {
        Device { tenant_uuid: Some(tenant.to_string()), ..Device::default() }
    }

    fn new_devices() -> [Device; 3] {
        [Device::default(), device_of(MASTER), device_of(Uuid::nil())]
    }

    #[test]
    fn the_master_sees_all_and_owns_what_is_new() {
        for new in new_devices() {
            assert!(master().owns(&new) && master().is_new(&new));
        }
        for claimed in [device_of(OURS), device_of("no UUID")] {
            assert!(!master().owns(&claimed) && master().sees(&claimed) && !master().is_new(&claimed));
        }
    }

    #[test]
    fn a_tenant_sees_its_own_and_those_below_and_may_claim_what_is_new() {
        let own = device_of(OURS.to_string().to_uppercase());
        assert!(ours().owns(&own) && ours().sees(&own));
        assert!(!ours().owns(&device_of(BELOW)) && ours().sees(&device_of(BELOW)));
        for new in new_devices() {
            assert!(!ours().sees(&new) && ours().may_update(&new));
        }
        for other in [device_of(THEIRS), device_of("no UUID")] {
            assert!(!ours().sees(&other) && !ours().may_update(&other));
        }
    }

    #[test]
    fn a_device_goes_only_where_the_tenant_sees() {
        let goes = |tenant: &Tenant, from: &Device, to: &str| {
            let sent = Device { tenant_uuid: (!to.is_empty()).then(|| to.to_owned()), ..Device::default() };
            tenant.owner_after(from, &sent).ok()
        };
        let [own, below, theirs, nil] = [OURS, BELOW, THEIRS, Uuid::nil()].map(|uuid| uuid.to_string());
        let claimed = device_of(OURS);
        assert_eq!(goes(&ours(), &Device::default(), &theirs), Some(Some(own.clone())), "claiming");
        assert_eq!(goes(&master(), &Device::default(), &theirs), Some(None));
        assert_eq!(goes(&ours(), &claimed, ""), Some(Some(own)));
        assert_eq!(goes(&ours(), &claimed, &below), Some(Some(below)));
        for refused in [&theirs, &nil, &MASTER.to_string(), "x"] {
            assert_eq!(goes(&ours(), &claimed, refused), None, "{refused}");
        }
        assert_eq!(goes(&master(), &claimed, &theirs), Some(Some(theirs)));
        assert_eq!(goes(&master(), &claimed, &nil), Some(None), "given back");
        assert_eq!(
            goes(&master(), &device_of("x"), "x"),
            Some(Some("x".to_owned())),
            "sent back as it was read"
        );
    }

    #[test]
    fn an_operation_is_seen_by_whoever_began_it_and_those_above() {
        for (tenant, seen) in [(Some(OURS), true), (Some(BELOW), true), (Some(THEIRS), false), (None, false)]
        {
            let tenant = tenant.map(|tenant| tenant.to_string());
            assert_eq!(ours().answers_for(tenant.as_deref()), seen);
            assert!(master().answers_for(tenant.as_deref()));
        }
    }

    #[test]
    fn what_is_no_uuid_is_covered_by_no_token() {
        let headers = |named: &str| HeaderMap::from_iter([(HEADER.parse().unwrap(), named.parse().unwrap())]);
        assert!(matches!(named(&headers("x")), Err(Problem::Unauthorized)));
        assert_eq!(named(&headers(&OURS.to_string())).unwrap(), Some(OURS));
        assert_eq!(named(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn a_new_device_shows_the_master_tenant() {
        for device in new_devices() {
            let document = ours().document_of(&device);
            assert_eq!(
                (&document["is_new"], &document["tenant_uuid"]),
                (&true.into(), &MASTER.to_string().into())
            );
        }
        assert_eq!(ours().document_of(&device_of(OURS))["is_new"], false);
    }
}
