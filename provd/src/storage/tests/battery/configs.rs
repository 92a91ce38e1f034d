//! Configs and their graph.

use std::sync::Arc;

use serde_json::json;

use super::{config, delete_config, object, put};
use crate::domain::config::Config;
use crate::provisioning::store::{ConfigChange, Store, StoreError};

async fn put_all(store: &Arc<dyn Store>, configs: &[(&str, &[&str])]) {
    for (id, parents) in configs {
        put(store, &config(id, parents)).await;
    }
}

async fn lineage(store: &Arc<dyn Store>, id: &str) -> Vec<String> {
    sorted(store.lineage(id).await.unwrap().into_keys())
}

async fn descendants(store: &Arc<dyn Store>, id: &str) -> Vec<String> {
    sorted(store.descendants(id).await.unwrap())
}

fn sorted(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort();
    ids
}

pub(super) async fn every_field_survives(store: Arc<dyn Store>) {
    let full = Config {
        id: "autoprov".to_owned(),
        parent_ids: ["z", "a", "z"].map(str::to_owned).to_vec(),
        raw_config: object(
            json!({"sip_lines": {"2": {}, "1": {"password": "é\"\\\n"}}, "n": null, "a": 1.25}),
        ),
        role: Some("autocreate".to_owned()),
        transient: true,
        deletable: Some(false),
        extra: object(json!({"label": "x", "X_type": "device"})),
        revision: 0,
    };
    let stored = put(&store, &full).await;
    assert_eq!(stored, Config { revision: 1, ..full });
    let read = store.config("autoprov").await.unwrap().unwrap();
    assert_eq!(*read, stored);
    assert_eq!(read.raw_config.keys().collect::<Vec<_>>(), ["sip_lines", "n", "a"]);
    assert_eq!(store.configs().await.unwrap(), [stored]);
}

pub(super) async fn changes_count_and_collide(store: Arc<dyn Store>) {
    let first = put(&store, &config("a", &[])).await;
    let taken = store.put_config(&config("a", &["b"]), ConfigChange::default()).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(id)) if id == "a"));
    let second = put(&store, &first).await;
    assert_eq!((first.revision, second.revision), (1, 2));
    let stale = Config { parent_ids: vec!["b".to_owned()], ..first };
    let stale = store.put_config(&stale, ConfigChange::default()).await.unwrap_err();
    assert_eq!(stale.to_string(), "config `a` was changed by somebody else at the same time");
    assert_eq!(store.config("a").await.unwrap(), Some(Arc::new(second)));
}

pub(super) async fn parents_are_replaced_in_order(store: Arc<dyn Store>) {
    let first = put(&store, &config("a", &["b", "c", "d"])).await;
    let changed = Config { revision: first.revision, ..config("a", &["e", "c"]) };
    put(&store, &changed).await;
    assert_eq!(store.config("a").await.unwrap().unwrap().parent_ids, ["e", "c"]);
    assert_eq!(descendants(&store, "b").await, ["b"]);
    assert_eq!(descendants(&store, "c").await, ["a", "c"]);
}

pub(super) async fn a_lineage_meets_each_config_once(store: Arc<dyn Store>) {
    put_all(
        &store,
        &[
            ("top", &["bottom", "missing"]),
            ("left", &["top"]),
            ("right", &["top"]),
            ("bottom", &["left", "right"]),
            ("self", &["self"]),
            ("unrelated", &["bottom"]),
        ],
    )
    .await;
    for id in ["bottom", "top"] {
        assert_eq!(lineage(&store, id).await, ["bottom", "left", "right", "top"]);
    }
    assert_eq!(lineage(&store, "self").await, ["self"]);
    assert_eq!(store.lineage("bottom").await.unwrap()["bottom"].parent_ids, ["left", "right"]);
    assert!(lineage(&store, "missing").await.is_empty());
    assert_eq!(descendants(&store, "left").await, ["bottom", "left", "right", "top", "unrelated"]);
}

pub(super) async fn descendants_need_not_exist_at_the_top(store: Arc<dyn Store>) {
    put_all(&store, &[("child", &["missing"]), ("grandchild", &["child"])]).await;
    assert_eq!(descendants(&store, "missing").await, ["child", "grandchild", "missing"]);
    assert_eq!(descendants(&store, "grandchild").await, ["grandchild"]);
    assert_eq!(descendants(&store, "nobody").await, ["nobody"]);
}

pub(super) async fn the_oldest_of_a_role_counts(store: Arc<dyn Store>) {
    assert_eq!(store.config_with_role("autocreate").await.unwrap(), None);
    for id in ["z", "a"] {
        let template = Config { role: Some("autocreate".to_owned()), ..config(id, &["x", "y"]) };
        put(&store, &template).await;
    }
    let found = store.config_with_role("autocreate").await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.parent_ids.len()), ("z", 2));
}

pub(super) async fn deleting_leaves_the_children(store: Arc<dyn Store>) {
    put_all(&store, &[("parent", &["grandparent"]), ("child", &["parent"])]).await;
    assert!(delete_config(&store, "parent").await);
    assert!(!delete_config(&store, "parent").await);
    assert_eq!(store.config("child").await.unwrap().unwrap().parent_ids, ["parent"]);
    assert_eq!(descendants(&store, "parent").await, ["child", "parent"]);
    assert_eq!(descendants(&store, "grandparent").await, ["grandparent"]);
}

pub(super) async fn a_lineage_follows_changes(store: Arc<dyn Store>) {
    put_all(&store, &[("base", &[]), ("middle", &["base"]), ("leaf", &["middle", "missing"])]).await;
    assert_eq!(lineage(&store, "leaf").await, ["base", "leaf", "middle"]);
    let role = Config { role: Some("r".to_owned()), revision: 1, ..config("base", &[]) };
    put(&store, &role).await;
    assert_eq!(store.lineage("leaf").await.unwrap()["base"], Config { revision: 2, ..role });
    put(&store, &config("missing", &["above"])).await;
    put(&store, &config("above", &[])).await;
    assert_eq!(lineage(&store, "leaf").await, ["above", "base", "leaf", "middle", "missing"]);
    assert!(delete_config(&store, "middle").await);
    assert_eq!(lineage(&store, "leaf").await, ["above", "leaf", "missing"]);
    put(&store, &config("middle", &[])).await;
    assert_eq!(lineage(&store, "leaf").await, ["above", "leaf", "middle", "missing"]);
}

fn unfinished(id: &str) -> ConfigChange {
    ConfigChange { unfinished: Some(id.to_owned()), audit: Vec::new() }
}

async fn all_unfinished(store: &Arc<dyn Store>) -> Vec<String> {
    let all = store.unfinished_changes().await.unwrap();
    sorted(all.into_iter().map(|(change, config)| format!("{change} of {config}")))
}

pub(super) async fn a_change_is_unfinished_until_it_is_finished(store: Arc<dyn Store>) {
    store.put_config(&config("a", &[]), unfinished("1")).await.unwrap();
    let taken = store.put_config(&config("a", &[]), unfinished("2")).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(_))));
    store.put_config(&config("b", &[]), unfinished("3")).await.unwrap();
    assert!(store.delete_config("b", unfinished("4")).await.unwrap());
    // The heirs of a config that is gone are still to be configured without it.
    assert_eq!(all_unfinished(&store).await, ["1 of a", "4 of b"]);
    for change in ["4", "4", "never begun"] {
        store.finish_change(change).await.unwrap();
    }
    assert_eq!(all_unfinished(&store).await, ["1 of a"]);
    store.finish_change("1").await.unwrap();
    assert!(all_unfinished(&store).await.is_empty());
}

pub(super) async fn the_last_change_of_a_config_is_the_one_to_finish(store: Arc<dyn Store>) {
    let first = store.put_config(&config("a", &[]), unfinished("1")).await.unwrap();
    store.put_config(&config("b", &[]), unfinished("of b")).await.unwrap();
    store.put_config(&first, unfinished("2")).await.unwrap();
    store.finish_change("1").await.unwrap();
    assert_eq!(all_unfinished(&store).await, ["2 of a", "of b of b"]);
}
