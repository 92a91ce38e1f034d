//! §3: what selectors select, operator by operator, on the documents of `find`.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, refused};
use crate::request::query;
use crate::section::Checking;

const CONFIGS: &str = "/cfg_mgr/configs";

/// What is selected by, and what that finds.
fn selectors() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("all keys are AND-ed", json!({"X_t": "alpha", "X_n": 10}), "a"),
        ("all keys are AND-ed", json!({"X_t": "alpha", "X_n": 9}), ""),
        ("1 = 1.0 = true", json!({"X_n": 1}), "c d"),
        ("1 = 1.0 = true", json!({"X_n": true}), "c d"),
        ("10.0 = 10", json!({"X_n": 10.0}), "a"),
        ("the exact type else", json!({"X_n": "10"}), ""),
        ("null is a value", json!({"X_t": null}), "c"),
        ("a missing key is no null", json!({"X_none": null}), ""),
        ("lists compare whole", json!({"X_l": ["red", "green"]}), "a"),
        ("lists compare whole", json!({"X_l": ["green", "red"]}), ""),
        ("an empty list", json!({"X_l": []}), "c"),
        ("a scalar does not match a list that holds it", json!({"X_l": "green"}), ""),
        ("objects compare whole", json!({"X_o": {"y": {"z": "deep"}, "x": 1}}), "a"),
        ("objects compare whole", json!({"X_o": {"x": 1}}), ""),
        ("dotted keys descend", json!({"X_o.x": 1}), "a"),
        ("dotted keys descend", json!({"X_o.y.z": "deep"}), "a"),
        ("dotted keys descend through objects only", json!({"X_t.x": 1}), ""),
        ("the last segment looks into lists of objects", json!({"X_lo.c": "blue"}), "a"),
        ("the last segment looks into lists of objects", json!({"X_lo.c": "green"}), "b"),
        ("only the last one does", json!({"X_lo.o.p": 1}), ""),
        ("parent_ids whole", json!({"X_set": 1, "parent_ids": []}), "a b c d e"),
        ("raw configs too", json!({"raw_config.X_own.of": "d"}), "d"),
        ("$in", json!({"X_n": {"$in": [9, 10]}}), "a b"),
        ("$in: 1 = true", json!({"X_n": {"$in": [1]}}), "c d"),
        ("$in: null", json!({"X_t": {"$in": [null, "beta"]}}), "b c"),
        ("$in: nothing", json!({"X_t": {"$in": []}}), ""),
        ("$in: some value", json!({"X_lo.c": {"$in": ["blue", "green"]}}), "a b"),
        ("$nin matches missing keys", json!({"X_set": 1, "X_t": {"$nin": ["alpha", "beta"]}}), "c d e"),
        ("$nin: no value", json!({"X_set": 1, "X_lo.c": {"$nin": ["blue"]}}), "b c d e"),
        ("$ne matches missing keys", json!({"X_set": 1, "X_t": {"$ne": "alpha"}}), "b c d e"),
        ("$ne: no value", json!({"X_set": 1, "X_lo.c": {"$ne": "red"}}), "b c d e"),
        ("$ne null", json!({"X_set": 1, "X_t": {"$ne": null}}), "a b d e"),
        ("$contains in text", json!({"X_t": {"$contains": "lpha"}}), "a d"),
        ("$contains in a list", json!({"X_l": {"$contains": "green"}}), "a b"),
        ("$contains a key", json!({"X_o": {"$contains": "y"}}), "a"),
        ("$contains is never true of others", json!({"X_n": {"$contains": "1"}}), ""),
        ("$gt", json!({"X_n": {"$gt": 1}}), "a b"),
        ("$ge", json!({"X_n": {"$ge": 1}}), "a b c d"),
        ("$lt", json!({"X_n": {"$lt": 9}}), "c d"),
        ("$le", json!({"X_n": {"$le": 9}}), "b c d"),
        ("$gt of text", json!({"X_s": {"$gt": "alpha"}}), "b d"),
        ("$le of text", json!({"X_s": {"$le": "alphabet"}}), "a d"),
        ("$gt: some value", json!({"X_lo.n": {"$gt": 1}}), "a"),
        ("$exists: null counts", json!({"X_t": {"$exists": true}}), "a b c d"),
        ("$exists false", json!({"X_set": 1, "X_t": {"$exists": false}}), "e"),
        ("$exists of a dotted key", json!({"X_o.y": {"$exists": true}}), "a"),
        ("several operators are AND-ed", json!({"X_n": {"$gt": 1, "$lt": 10}}), "b"),
        ("several operators are AND-ed", json!({"X_t": {"$contains": "alpha", "$ne": "alpha"}}), "d"),
    ]
}

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    for (rule, selector, ids) in selectors() {
        let request = query(CONFIGS, &[("q", &selector.to_string())]);
        checking.check(format!("§3 selector: {rule}"), request, document().ids("/configs", ids)).await?;
    }
    for (rule, selector) in [
        ("there is no $eq", json!({"X_n": {"$eq": 1}})),
        ("there is no $gte", json!({"X_n": {"$gte": 1}})),
        ("there is no $lte", json!({"X_n": {"$lte": 1}})),
        ("there is no $regex", json!({"X_t": {"$regex": "a"}})),
        ("$in takes a list", json!({"X_n": {"$in": 1}})),
        ("$nin takes a list", json!({"X_n": {"$nin": "x"}})),
        ("no operators among plain keys", json!({"X_o": {"$gt": 1, "x": 1}})),
        ("it is an object", json!([])),
        ("it is an object", json!("text")),
        ("it is an object", json!(null)),
    ] {
        let request = query(CONFIGS, &[("q", &selector.to_string())]);
        checking.check(format!("§3 selector: {rule}: 400"), request, refused(400)).await?;
    }
    for (rule, selector) in [
        ("there is no $or: 400, or a key that nothing has", json!({"$or": [{"X_n": 9}, {"X_n": 10}]})),
        ("a number is not compared with text: 400, or nothing", json!({"X_n": {"$gt": "1"}})),
    ] {
        let request = query(CONFIGS, &[("q", &selector.to_string())]);
        let expected = refused(400).or(document().ids("/configs", ""));
        checking.check(format!("§3 selector: {rule}"), request, expected).await?;
    }
    Ok(())
}
