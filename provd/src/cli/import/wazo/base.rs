//! What settings of the other server add to every config: its base raw config. This server adds only how it is reached, so the
//! rest goes into the configs that inherit from nobody, from which all others have it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::config::MappedConfig;
use super::report::{Mapped, Problem};

/// What this server says itself: how phones reach it.
const OWN: [&str; 4] = ["http_base_url", "ip", "http_port", "tftp_port"];
/// What is there on every server, and says nothing.
const COMMENT: &str = "X_comment";

/// What is to be in every config.
pub(super) fn additions(base_raw_config: &Map<String, Value>) -> Map<String, Value> {
    let is_ours = |key: &str| !OWN.contains(&key) && key != COMMENT;
    base_raw_config
        .iter()
        .filter(|(key, _)| is_ours(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Puts it into the configs that inherit from nobody. What they say themselves counts more.
pub(super) fn add(
    additions: &Map<String, Value>,
    configs: &mut [(String, MappedConfig)],
    mapped: &mut Vec<Mapped>,
    problems: &mut Vec<Problem>,
) {
    if additions.is_empty() {
        return;
    }
    let roots = roots(configs);
    for (id, config) in configs {
        let Some(Value::Object(raw_config)) = config.shown.get_mut("raw_config") else { continue };
        let (own, missing): (Vec<&String>, Vec<&String>) =
            additions.keys().partition(|key| raw_config.contains_key(*key));
        if !roots.contains(id) {
            continue;
        }
        for key in &missing {
            raw_config.insert((*key).clone(), additions[*key].clone());
            let what = format!("raw_config.{key}: added, from the base raw config of the settings");
            mapped.push(Mapped { kind: "config", id: id.clone(), what });
        }
        for key in own {
            let reason = format!(
                "it says {key} itself, and so does the base raw config of the settings: see what configs say that inherit from it and from others"
            );
            problems.push(Problem::taken("config", id, reason));
        }
    }
}

/// Configs that inherit from none of these, and those whose ancestors only lead back to them.
fn roots(configs: &[(String, MappedConfig)]) -> HashSet<String> {
    let parents: HashMap<&str, Vec<&str>> =
        configs.iter().map(|(id, config)| (id.as_str(), config.parents().collect())).collect();
    let existing = |id: &str| -> Vec<&str> {
        parents.get(id).into_iter().flatten().copied().filter(|parent| parents.contains_key(parent)).collect()
    };
    let mut roots: HashSet<String> =
        parents.keys().filter(|id| existing(id).is_empty()).map(|id| (*id).to_owned()).collect();
    let mut reaching: HashSet<&str> = parents.keys().copied().filter(|id| roots.contains(*id)).collect();
    loop {
        let more: Vec<&str> = parents
            .keys()
            .copied()
            .filter(|id| {
                !reaching.contains(id) && existing(id).iter().any(|parent| reaching.contains(parent))
            })
            .collect();
        if more.is_empty() {
            break;
        }
        reaching.extend(more);
    }
    roots.extend(parents.keys().filter(|id| !reaching.contains(*id)).map(|id| (*id).to_owned()));
    roots
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::documents::Document;
    use super::*;

    fn configs(documents: Value) -> Vec<(String, MappedConfig)> {
        let Value::Array(documents) = documents else { panic!("not a list") };
        let mapped = |document: Value| {
            let Value::Object(content) = document else { panic!("not an object") };
            let id = content["id"].as_str().unwrap().to_owned();
            (id.clone(), super::super::config::map(&Document { id, content }))
        };
        documents.into_iter().map(mapped).collect()
    }

    #[test]
    fn only_what_this_server_does_not_say_itself_is_added() {
        let Value::Object(base) = json!({"X_comment": "a", "tftp_port": 69, "ip": "a", "ntp_ip": "b"}) else {
            panic!("not an object")
        };
        assert_eq!(Value::Object(additions(&base)), json!({"ntp_ip": "b"}));
    }

    #[test]
    fn configs_that_inherit_from_nobody_get_it() {
        let mut configs = configs(json!([
            {"id": "base", "parent_ids": [], "raw_config": {}},
            {"id": "dangling", "parent_ids": ["gone"], "raw_config": {"ntp_ip": "own"}},
            {"id": "heir", "parent_ids": ["gone", "base"], "raw_config": {}},
            {"id": "a", "parent_ids": ["b"], "raw_config": {}},
            {"id": "b", "parent_ids": ["a"], "raw_config": {}},
            {"id": "c", "parent_ids": ["d", "heir"], "raw_config": {}},
            {"id": "d", "parent_ids": ["c"], "raw_config": {}},
        ]));
        let (mut mapped, mut problems) = (Vec::new(), Vec::new());
        let Value::Object(additions) = json!({"ntp_ip": "b"}) else { panic!("not an object") };
        add(&additions, &mut configs, &mut mapped, &mut problems);
        let has: Vec<&str> = configs
            .iter()
            .filter(|(_, config)| config.shown["raw_config"] == json!({"ntp_ip": "b"}))
            .map(|(id, _)| id.as_str())
            .collect();
        assert_eq!(has, ["base", "a", "b"], "c and d have it from base");
        assert_eq!((mapped.len(), problems.len(), problems[0].id.as_str()), (3, 1, "dangling"));
    }
}
