//! Counting devices without looking at each, stated without a database. Implemented by `storage`.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::census::Census;

/// Whoever can count devices.
#[async_trait]
pub trait Counting: Send + Sync {
    /// All devices by what they have in common. It takes a look at each row: not to be asked more than every few seconds.
    async fn census(&self) -> Result<Census, StoreError>;
}
