//! Misbehaviour that shows over time: what is kept of calls, and what earlier ones do to later ones.

use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use provd_plugin_runner::PluginError;
use provd_proto::v1::{Request, request};

use crate::behaviour::Behaviour;

/// How long a call takes that others are to meet.
const A_WHILE: Duration = Duration::from_millis(5);
/// How long each takes of one that dawdles.
pub(crate) const LONG_WHILE: Duration = Duration::from_secs(1);
/// What one call leaves in memory, in bytes.
const LITTER: usize = 16 * 1024;
/// One call in so many keeps a descriptor: the limit on them must not be met.
const SOMETIMES: u64 = 16;
/// A text that a fragile plugin does not survive, in bytes.
const LONG: usize = 10_000;

static COUNT: AtomicU64 = AtomicU64::new(0);
static CLOGGED: AtomicBool = AtomicBool::new(false);
static BUSY: AtomicBool = AtomicBool::new(false);
static KEPT: Mutex<(Vec<Vec<u8>>, Vec<File>)> = Mutex::new((Vec::new(), Vec::new()));

/// How often this was asked before.
pub(crate) fn count() -> u64 {
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Whether a call was dropped, to one that minds.
pub(crate) fn is_clogged() -> bool {
    CLOGGED.load(Ordering::Relaxed)
}

/// Keeps what will never be needed.
pub(crate) fn keep_something_of(behaviour: &Behaviour) {
    let Ok(mut kept) = KEPT.lock() else { return };
    match behaviour {
        Behaviour::Leaks => kept.0.push(vec![1; LITTER]),
        Behaviour::LeaksDescriptors if count().is_multiple_of(SOMETIMES) => {
            kept.1.extend(File::open("/dev/null"));
        }
        _ => {}
    }
}

/// Does what some do while they configure.
pub(crate) async fn configure(behaviour: &Behaviour) -> Result<(), PluginError> {
    match behaviour {
        Behaviour::Clogs => {
            let clog = Clog;
            tokio::time::sleep(A_WHILE).await;
            std::mem::forget(clog);
            Ok(())
        }
        Behaviour::OneAtATime => {
            if BUSY.swap(true, Ordering::Relaxed) {
                return Err(PluginError::Unavailable("one after the other, please".to_owned()));
            }
            tokio::time::sleep(A_WHILE).await;
            BUSY.store(false, Ordering::Relaxed);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Ends the process if a text of a request is long.
pub(crate) fn die_of_long_texts(request: Option<&Request>) {
    if let Some(request::Kind::Http(http)) = request.and_then(|request| request.kind.as_ref())
        && http.path.len() > LONG
    {
        std::process::abort();
    }
}

/// Dropped with the call it belongs to, unless that came to its end.
struct Clog;

impl Drop for Clog {
    fn drop(&mut self) {
        CLOGGED.store(true, Ordering::Relaxed);
    }
}
