//! The seam to a database that finds records, page by page, without reading those that cannot be meant.
//!
//! What a page holds may be more than what is looked for: the database leaves out what it can, and the
//! [`Selector`] decides. Nobody holds a connection, or more than a page, while somebody else reads slowly.

mod finding;
mod ranking;

use std::collections::HashSet;

use async_trait::async_trait;
use thiserror::Error;
use uuid::Uuid;

use super::store::{Store, StoreError};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::listing::Sort;
use crate::domain::selector::{Incomparable, Selector};

pub use finding::{Describe, Finding, Query};

/// Records of a page at most.
pub const PAGE: usize = 200;

/// Whose devices are looked for. Configs belong to everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Owners {
    /// Everybody's.
    #[default]
    All,
    /// Those of some tenants.
    Only {
        /// Their UUIDs.
        tenants: HashSet<Uuid>,
        /// Whether those that no tenant has claimed are meant too.
        unclaimed: bool,
    },
}

impl Owners {
    /// Whether a device is meant that carries this tenant. Without one, or with the nil UUID, nobody has claimed it.
    pub fn include(&self, tenant: Option<&str>) -> bool {
        let Owners::Only { tenants, unclaimed } = self else {
            return true;
        };
        match tenant.map_or(Ok(Uuid::nil()), Uuid::try_parse) {
            Ok(nobody) if nobody.is_nil() => *unclaimed,
            tenant => tenant.is_ok_and(|tenant| tenants.contains(&tenant)),
        }
    }
}

/// Which records are looked for, and in which order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Search {
    /// What their documents hold. For the database it is a hint; but a device's `tenant_uuid` and `is_new` are not its
    /// own to know.
    pub selector: Selector,
    /// Whose they are. No other's are given.
    pub owners: Owners,
    /// In the order of a key, if [`Finder::can_sort`] says so; absent: of insertion.
    pub sort: Option<Sort>,
}

/// Where the next page begins. Only whoever made it reads it; searches begin with [`Mark::first`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// After this number, among the records without the key that sorts; among all if none does.
    Without(i64),
    /// At the first that has the key.
    With,
    /// After this value of the key, and this number among equal ones.
    After(String, i64),
    /// After this number, among those with this value of the key.
    Equal(String, i64),
    /// Below this value of the key.
    Below(String),
}

impl Mark {
    /// The beginning of what a search finds. Records without a key come before all others.
    pub fn first(search: &Search) -> Mark {
        match &search.sort {
            Some(sort) if sort.descending => Mark::With,
            _ => Mark::Without(0),
        }
    }
}

/// Some records, in order.
#[derive(Debug)]
pub struct Page<R> {
    /// None of these need fit; further pages may hold some that do.
    pub records: Vec<R>,
    /// Where the next page begins; absent: there is none.
    pub next: Option<Mark>,
}

/// A database that finds records of one kind.
#[async_trait]
pub trait Finder<R>: Send + Sync {
    /// Whether all that it gives will fit: then records may be skipped unseen.
    fn is_exact(&self, search: &Search) -> bool;

    /// Whether it gives records in the order of a key soon enough when this many of them are wanted, all if absent.
    fn can_sort(&self, search: &Search, key: &str, wanted: Option<usize>) -> bool;

    /// The page that begins at a mark: at most so many records, after skipping some. Skipping is for searches in the order
    /// of insertion.
    async fn page(
        &self,
        search: &Search,
        from: &Mark,
        skip: usize,
        most: usize,
    ) -> Result<Page<R>, StoreError>;

    /// Those of at most [`PAGE`] records that are still there and may still be meant, in any order.
    async fn among(&self, search: &Search, ids: &[String]) -> Result<Vec<R>, StoreError>;
}

/// A kind of records that can be found.
pub trait Findable: Send + Sync + Sized + 'static {
    /// Unique, stable.
    fn id(&self) -> &str;

    /// Who finds them.
    fn finder(store: &dyn Store) -> &dyn Finder<Self>;
}

impl Findable for Device {
    fn id(&self) -> &str {
        &self.id
    }

    fn finder(store: &dyn Store) -> &dyn Finder<Device> {
        store
    }
}

impl Findable for Config {
    fn id(&self) -> &str {
        &self.id
    }

    fn finder(store: &dyn Store) -> &dyn Finder<Config> {
        store
    }
}

/// Why records were not found.
#[derive(Debug, Clone, Error)]
pub enum FindError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The selector compares what cannot be compared.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_has_claimed_is_included_only_if_it_is_asked_for() {
        let (ours, nil) = (Uuid::from_u128(1), Uuid::nil().simple().to_string());
        for unclaimed in [true, false] {
            let owners = Owners::Only { tenants: HashSet::from([ours]), unclaimed };
            assert!(
                owners.include(Some(&ours.to_string())) && owners.include(Some(&ours.simple().to_string()))
            );
            assert!(!owners.include(Some("no UUID")) && Owners::All.include(Some("no UUID")));
            for tenant in [None, Some("00000000-0000-0000-0000-000000000000"), Some(nil.as_str())] {
                assert_eq!(owners.include(tenant), unclaimed, "{tenant:?}");
            }
        }
    }
}
