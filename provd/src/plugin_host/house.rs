//! What a plugin runs in: a process of its own, or a place in one that it shares with its family. Whoever supervises it need not
//! know which.

use rustix::process::Signal;
use tempfile::TempDir;

use super::process::Process;
use super::shared_process::Place;

/// A process, or a place in one.
#[derive(Debug)]
pub(super) enum House {
    /// Its own.
    Own {
        process: Box<Process>,
        /// Where its socket is.
        _sockets: TempDir,
    },
    /// Its family's.
    Shared(Place),
}

impl House {
    pub(super) fn pid(&self) -> u32 {
        match self {
            House::Own { process, .. } => process.pid(),
            House::Shared(place) => place.pid(),
        }
    }

    /// The plugin serves.
    pub(super) fn settle(&mut self) {
        if let House::Shared(place) = self {
            place.settle();
        }
    }

    /// Waits until the plugin is gone, and says how. Cancellation loses nothing.
    pub(super) async fn wait(&mut self) -> String {
        match self {
            House::Own { process, .. } => process.wait().await,
            House::Shared(place) => place.wait().await,
        }
    }

    /// SIGTERM to make it go, SIGKILL for what does not go.
    pub(super) fn signal(&mut self, signal: Signal) {
        match self {
            House::Own { process, .. } => process.signal(signal),
            House::Shared(place) => place.signal(signal),
        }
    }
}
