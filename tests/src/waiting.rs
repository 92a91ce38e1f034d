//! Waiting for something to become true, never for a time to pass.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Longest wait for anything that should happen soon. Generous: the machine may be slow and busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// Waits until `look` finds something, for at most [`PATIENCE`]. The error says what was waited for.
pub async fn eventually<T, F>(what: &str, mut look: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Option<T>>>,
{
    let found = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    };
    within(what, found).await?
}

/// Gives something at most [`PATIENCE`] to happen. The error says what did not.
pub async fn within<T>(what: &str, happening: impl Future<Output = T>) -> Result<T> {
    let happened = tokio::time::timeout(PATIENCE, happening).await;
    happened.with_context(|| format!("not within {} s: {what}", PATIENCE.as_secs()))
}
