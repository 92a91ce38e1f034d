//! What the server does by itself while it runs: it follows its plugins, carries on with what was interrupted, writes what it
//! saw of phones, and forgets what is old.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::access::Access;
use crate::provisioning::{PluginEvent, Provisioning};

/// How often devices are tried again that could not be configured.
const RETRY_WAITING: Duration = Duration::from_secs(3);
/// How often it is written what was last seen of phones: so much of it a crash loses.
const WRITE_PRESENCES: Duration = Duration::from_secs(5);
/// How often it is written when tokens were last used.
const NOTE_USES: Duration = Duration::from_mins(1);
/// How often what is old is looked for; also at the start.
const FORGET: Duration = Duration::from_hours(1);

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retention {
    /// A device known only by its address, without being seen; absent: for ever.
    pub(super) provisional_for: Option<Duration>,
    /// Audit entries.
    pub(super) audit_for: Duration,
}

/// Works until it is dropped: first at what changed since the last start, `pending` events among it, and at what remained of
/// `removed` plugins.
pub(super) async fn keep_up(
    provisioning: Arc<Provisioning>,
    access: Arc<Access>,
    pending: Vec<PluginEvent>,
    removed: BTreeSet<String>,
    events: mpsc::UnboundedReceiver<PluginEvent>,
    retention: Retention,
) {
    tokio::join!(
        follow_plugins(&provisioning, pending, removed, events),
        every(RETRY_WAITING, || provisioning.configure_waiting()),
        every(WRITE_PRESENCES, || provisioning.write_presences()),
        provisioning.write_many_presences(),
        every(NOTE_USES, || access.note_uses()),
        every(FORGET, || forget(&provisioning, retention)),
    );
}

/// Plugins are followed side by side: one with many devices keeps no other from its own.
async fn follow_plugins(
    provisioning: &Arc<Provisioning>,
    pending: Vec<PluginEvent>,
    removed: BTreeSet<String>,
    mut events: mpsc::UnboundedReceiver<PluginEvent>,
) {
    if let Err(error) = provisioning.apply_base_raw_config().await {
        tracing::error!("Devices could not be brought up to date with this server's address: {error}");
    }
    if let Err(error) = provisioning.resume_changes().await {
        tracing::error!("Changes that were interrupted could not be carried on: {error}");
    }
    for plugin in removed {
        if let Err(error) = provisioning.finish_removal(&plugin).await {
            tracing::error!("Devices of plugin {plugin} still count as configured: {error}");
        }
    }
    let mut following = JoinSet::new();
    let follow = |event: PluginEvent| {
        let provisioning = provisioning.clone();
        async move { provisioning.on_plugin_event(event).await }
    };
    for event in pending {
        following.spawn(follow(event));
    }
    loop {
        tokio::select! {
            Some(event) = events.recv() => { following.spawn(follow(event)); }
            Some(_) = following.join_next() => {}
            else => return,
        }
    }
}

async fn every<F: Future<Output = ()>>(period: Duration, work: impl Fn() -> F) {
    let mut ticks: Interval = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        work().await;
    }
}

async fn forget(provisioning: &Provisioning, retention: Retention) {
    if let Some(unseen_for) = retention.provisional_for
        && let Err(error) = provisioning.expire_provisional(unseen_for).await
    {
        tracing::error!("Devices known only by their address could not be looked through: {error}");
    }
    if let Err(error) = provisioning.purge_audit(retention.audit_for).await {
        tracing::error!("Old audit entries could not be deleted: {error}");
    }
}
