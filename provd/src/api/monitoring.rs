//! What is watched of a server besides its use cases: its instruments, its listeners, its disk, the number of its devices.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout;

use super::health::Readiness;
use crate::domain::census::Census;
use crate::metrics::Metrics;
use crate::provisioning::census::Counting;

/// How old a count may be: counting looks at each device.
const CENSUS_AGE: Duration = Duration::from_secs(10);
/// How long counting may take. Prometheus usually waits ten seconds for all.
const CENSUS_DEADLINE: Duration = Duration::from_secs(5);

/// What is watched.
#[derive(Default)]
pub struct Monitoring {
    pub(super) metrics: Metrics,
    /// Absent: devices are not counted.
    counting: Option<Arc<dyn Counting>>,
    /// Absent: its disk is not looked at.
    pub(super) data_dir: Option<PathBuf>,
    pub(super) listeners: Listeners,
    /// The last count. Held while counting, so that many who ask are answered with one.
    counted: AsyncMutex<Option<(Instant, Arc<Census>)>>,
    /// Whether the server was ready when it was last looked at.
    pub(super) readiness: AsyncMutex<Option<(Instant, Arc<Readiness>)>>,
}

impl Monitoring {
    /// Watches a server by its instruments, whoever counts its devices, the folder it keeps everything in, and what serves
    /// phones.
    pub fn new(
        metrics: Metrics,
        counting: Arc<dyn Counting>,
        data_dir: PathBuf,
        listeners: Listeners,
    ) -> Monitoring {
        let (counting, data_dir) = (Some(counting), Some(data_dir));
        Monitoring { metrics, counting, data_dir, listeners, ..Monitoring::default() }
    }

    /// How many devices there are, at most some seconds ago; nothing if they cannot be counted now.
    pub(super) async fn census(&self) -> Option<Arc<Census>> {
        let counting = self.counting.as_ref()?;
        let mut counted = self.counted.lock().await;
        if let Some((at, census)) = &*counted
            && at.elapsed() < CENSUS_AGE
        {
            return Some(census.clone());
        }
        match timeout(CENSUS_DEADLINE, counting.census()).await {
            Ok(Ok(census)) => {
                let census = Arc::new(census);
                *counted = Some((Instant::now(), census.clone()));
                Some(census)
            }
            Ok(Err(error)) => {
                tracing::warn!("Devices could not be counted: {error}");
                None
            }
            Err(_) => {
                tracing::warn!("Devices were not counted within {} s", CENSUS_DEADLINE.as_secs());
                None
            }
        }
    }
}

impl fmt::Debug for Monitoring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitoring").field("listeners", &self.listeners).finish_non_exhaustive()
    }
}

/// What serves phones, by name, and whether it does. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Listeners(Arc<Mutex<BTreeMap<&'static str, bool>>>);

impl Listeners {
    /// Says that a listener serves until this is dropped.
    #[must_use]
    pub fn serving(&self, name: &'static str) -> Serving {
        self.set(name, true);
        Serving { listeners: self.clone(), name }
    }

    /// Those that ended.
    pub(super) fn ended(&self) -> Vec<&'static str> {
        let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().filter(|(_, serves)| !**serves).map(|(name, _)| *name).collect()
    }

    fn set(&self, name: &'static str, serves: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, serves);
    }
}

/// A listener that serves.
#[derive(Debug)]
pub struct Serving {
    listeners: Listeners,
    name: &'static str,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.listeners.set(self.name, false);
    }
}
