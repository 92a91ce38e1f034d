//! The gate all calls go through: it counts those that run, and once closed lets no more in.

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::Status;

/// Open until closed for good.
#[derive(Debug, Default)]
pub(super) struct Gate {
    running: TaskTracker,
}

impl Gate {
    /// Lets a call in for as long as it keeps the token; `UNAVAILABLE` once the gate is closed.
    pub(super) fn enter(&self) -> Result<TaskTrackerToken, Status> {
        // Counted before looking, so that no call slips in behind a drain that found nothing running.
        let token = self.running.token();
        if self.running.is_closed() {
            return Err(Status::unavailable("this plugin is draining"));
        }
        Ok(token)
    }

    /// Lets no more calls in.
    pub(super) fn close(&self) {
        self.running.close();
    }

    /// Waits until no call runs in a closed gate.
    pub(super) async fn idle(&self) {
        self.running.wait().await;
    }
}
