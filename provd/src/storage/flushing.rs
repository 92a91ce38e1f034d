//! Bringing to disk what was committed, beside the writer and not in its way.
//!
//! Left to itself SQLite flushes its log when it has grown, in the midst of whatever change made it grow, and never where few
//! changes come. Here it is flushed a second after a change at the latest, and sooner where there are many: no longer can a
//! loss of power reach back. The connection that writes goes on meanwhile; only if this cannot keep up, or fails, it flushes
//! by itself.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::reading::Readers;

/// How long a change may wait until it is on disk.
const WITHIN: Duration = Duration::from_secs(1);
/// So many changes do not wait. Each writes some fifteen pages to the log.
const MANY: u64 = 64;

/// Pages in the log from which on the writer flushes by itself: 16 MB.
pub(super) const LONGEST_LOG: &str = "4000";

/// Flushes whenever the count of changes moved, until nobody counts any more.
pub(super) async fn flush(readers: Readers, mut committed: watch::Receiver<u64>) {
    let (mut flushed, mut failed) = (0, false);
    while committed.wait_for(|count| *count > flushed).await.is_ok() {
        let many = committed.wait_for(|count| *count >= flushed + MANY);
        // Late or many: either way it is time.
        timeout(WITHIN, many).await.map(drop).ok();
        let seen = *committed.borrow();
        match readers.flush().await {
            Ok(()) => (flushed, failed) = (seen, false),
            // Closing the database flushes it.
            Err(_) if committed.has_changed().is_err() => return,
            Err(error) => {
                if !std::mem::replace(&mut failed, true) {
                    tracing::warn!(
                        "What was committed is not on the disk yet; it is tried again until it is: {error}"
                    );
                }
                sleep(WITHIN).await;
            }
        }
    }
}
