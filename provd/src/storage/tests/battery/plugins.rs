//! Plugins, their crashes, and the parameters of the server.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::domain::plugin::Crash;
use crate::provisioning::store::{PluginRecord, PreviousVersion, Store};

pub(super) async fn a_plugin_is_replaced(store: Arc<dyn Store>) {
    let plugin = |id: &str, version: &str, quarantine: Option<&str>| PluginRecord {
        is_packaged: false,
        id: id.to_owned(),
        version: version.to_owned(),
        folder: format!("{version}-1"),
        quarantine: quarantine.map(str::to_owned),
        previous: quarantine.map(|_| PreviousVersion {
            version: "0.9".to_owned(),
            folder: "0.9-1".to_owned(),
            is_packaged: true,
        }),
    };
    store.put_plugin(&plugin("b", "1.0", None)).await.unwrap();
    store.put_plugin(&plugin("a", "1.0", Some("crashed five times"))).await.unwrap();
    store.put_plugin(&plugin("b", "2.0", None)).await.unwrap();
    let expected = [plugin("a", "1.0", Some("crashed five times")), plugin("b", "2.0", None)];
    assert_eq!(store.plugins().await.unwrap(), expected);
}

pub(super) async fn the_last_twenty_crashes_stay(store: Arc<dyn Store>) {
    let at = |second: u64| UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second);
    let crash = |second: u64| Crash {
        at: at(second),
        reason: format!("exit code {second}"),
        log: vec!["first \"line\"".to_owned(), format!("line {second}")],
    };
    store.add_crash("other", &crash(0)).await.unwrap();
    for second in 0..25 {
        store.add_crash("p", &crash(second)).await.unwrap();
    }
    let all = store.crashes("p", UNIX_EPOCH).await.unwrap();
    assert_eq!(all, (5..25).rev().map(crash).collect::<Vec<_>>());
    assert_eq!(store.crashes("p", at(23)).await.unwrap(), [crash(24), crash(23)]);
    assert_eq!(store.crashes("p", SystemTime::now()).await.unwrap(), []);
    assert_eq!(store.crashes("other", UNIX_EPOCH).await.unwrap(), [crash(0)]);
}

pub(super) async fn parameters_come_and_go(store: Arc<dyn Store>) {
    assert_eq!(store.parameter("proxy").await.unwrap(), None);
    for value in [Some("\"http://proxy\""), Some("null"), None, None] {
        store.set_parameter("proxy", value).await.unwrap();
        assert_eq!(store.parameter("proxy").await.unwrap().as_deref(), value);
    }
}
