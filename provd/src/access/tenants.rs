//! The tree of the tenants that are registered here, in memory. Its root is the master tenant, which is not registered.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use crate::domain::access::RegisteredTenant;

/// All registered tenants.
#[derive(Debug, Default)]
pub struct Tenants {
    tree: RwLock<Tree>,
}

#[derive(Debug, Default)]
struct Tree {
    known: BTreeMap<Uuid, RegisteredTenant>,
    /// Of those that are below others: each request goes down its branch.
    children: HashMap<Uuid, HashSet<Uuid>>,
}

impl Tree {
    fn put(&mut self, tenant: RegisteredTenant) {
        if let Some(parent) = tenant.parent {
            self.children.entry(parent).or_default().insert(tenant.uuid);
        }
        self.known.insert(tenant.uuid, tenant);
    }

    fn remove(&mut self, uuid: Uuid) {
        let parent = self.known.remove(&uuid).and_then(|tenant| tenant.parent);
        if let Some(siblings) = parent.and_then(|parent| self.children.get_mut(&parent)) {
            siblings.remove(&uuid);
        }
    }
}

impl Tenants {
    pub(super) fn new(tenants: Vec<RegisteredTenant>) -> Tenants {
        let mut tree = Tree::default();
        for tenant in tenants {
            tree.put(tenant);
        }
        Tenants { tree: RwLock::new(tree) }
    }

    /// A tenant, registered or not, and all below it.
    pub fn below(&self, tenant: Uuid) -> HashSet<Uuid> {
        let tree = self.read();
        let mut found = HashSet::from([tenant]);
        let mut unseen = vec![tenant];
        while let Some(above) = unseen.pop() {
            let children = tree.children.get(&above).into_iter().flatten();
            unseen.extend(children.filter(|child| found.insert(**child)));
        }
        found
    }

    /// One of them.
    pub fn get(&self, uuid: Uuid) -> Option<RegisteredTenant> {
        self.read().known.get(&uuid).cloned()
    }

    /// All of them, by UUID.
    pub fn all(&self) -> Vec<RegisteredTenant> {
        self.read().known.values().cloned().collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.read().known.len()
    }

    pub(super) fn put(&self, tenant: RegisteredTenant) {
        self.write().put(tenant);
    }

    pub(super) fn remove(&self, uuid: Uuid) {
        self.write().remove(uuid);
    }

    fn read(&self) -> RwLockReadGuard<'_, Tree> {
        self.tree.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tree> {
        self.tree.write().unwrap_or_else(PoisonError::into_inner)
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
        tenants.remove(uuid(5));
        assert_eq!(tenants.below(uuid(1)), [1, 2, 3].map(uuid).into());
    }
}
