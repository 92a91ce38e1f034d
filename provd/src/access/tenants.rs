//! The tree of the tenants that are registered here, in memory. Its root is the master tenant, which is not registered.

use std::collections::{BTreeMap, HashSet};
use std::sync::{PoisonError, RwLock};

use uuid::Uuid;

use crate::domain::access::RegisteredTenant;

/// All registered tenants.
#[derive(Debug, Default)]
pub struct Tenants {
    known: RwLock<BTreeMap<Uuid, RegisteredTenant>>,
}

impl Tenants {
    pub(super) fn new(tenants: Vec<RegisteredTenant>) -> Tenants {
        Tenants { known: RwLock::new(tenants.into_iter().map(|tenant| (tenant.uuid, tenant)).collect()) }
    }

    /// A tenant, registered or not, and all below it.
    pub fn below(&self, tenant: Uuid) -> HashSet<Uuid> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = HashSet::from([tenant]);
        let mut unseen = vec![tenant];
        while let Some(above) = unseen.pop() {
            for tenant in known.values().filter(|tenant| tenant.parent == Some(above)) {
                if found.insert(tenant.uuid) {
                    unseen.push(tenant.uuid);
                }
            }
        }
        found
    }

    /// One of them.
    pub fn get(&self, uuid: Uuid) -> Option<RegisteredTenant> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&uuid).cloned()
    }

    /// All of them, by UUID.
    pub fn all(&self) -> Vec<RegisteredTenant> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn put(&self, tenant: RegisteredTenant) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(tenant.uuid, tenant);
    }

    pub(super) fn remove(&self, uuid: Uuid) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(&uuid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uuid(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn below_a_tenant_are_itself_and_its_descendants() {
        let tenants = [(1, None), (2, Some(1)), (3, Some(2)), (4, None), (5, Some(1))];
        let tenants = tenants.map(|(number, parent)| RegisteredTenant {
            uuid: uuid(number),
            name: String::new(),
            parent: parent.map(uuid),
        });
        let tenants = Tenants::new(tenants.into());
        for (tenant, below) in [(1, vec![1, 2, 3, 5]), (2, vec![2, 3]), (4, vec![4]), (9, vec![9])] {
            assert_eq!(tenants.below(uuid(tenant)), below.into_iter().map(uuid).collect(), "{tenant}");
        }
    }
}
