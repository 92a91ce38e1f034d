//! The log of a plugin process: JSON lines on stderr, which the core reads. `PROVD_LOG` filters them.

use std::io;

use provd_proto::environment::LOG;
use tracing_subscriber::EnvFilter;

/// What is logged without a filter.
const DEFAULT_FILTER: &str = "info";

/// Sends what is logged from now on to stderr. A subscriber that the program installed itself stays.
pub(crate) fn start() {
    let filter = std::env::var(LOG).ok().and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(DEFAULT_FILTER));
    let subscriber = tracing_subscriber::fmt().json().with_writer(io::stderr).with_env_filter(filter);
    if let Err(error) = subscriber.try_init() {
        tracing::debug!(%error, "logging was already set up");
    }
}
