//! How a config's parameters and those of all its ancestors become one document.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Config, Configs};

/// The parameters of a config with all it inherits, on top of `base`; nothing if `start` is not in `configs`.
///
/// They apply in [`order`]; later wins. Objects merge, everything else replaces, null too.
pub fn merge(base: &Map<String, Value>, start: &str, configs: &Configs) -> Option<Map<String, Value>> {
    configs.get(start)?;
    let mut merged = base.clone();
    for config in order(start, configs) {
        overlay(&mut merged, &config.raw_config);
    }
    Some(merged)
}

/// A config and all it inherits from, in the order they apply; nothing if `start` is not in `configs`.
///
/// Depth first: each parent in order, its ancestors before it, then the config itself. Each is there once, where it is
/// first met, which breaks cycles and decides diamonds. Parents that do not exist are skipped.
pub fn order<'a>(start: &str, configs: &'a Configs) -> Vec<&'a Config> {
    /// What is still to be done, the next last: a chain of configs may be longer than a stack of calls.
    enum Step<'a> {
        Visit(&'a Config),
        Apply(&'a Config),
    }
    let mut order = Vec::new();
    let mut met = HashSet::new();
    let mut steps: Vec<_> = configs.get(start).map(Step::Visit).into_iter().collect();
    while let Some(step) = steps.pop() {
        match step {
            Step::Visit(config) if met.insert(&config.id) => {
                steps.push(Step::Apply(config));
                let parents = config.parent_ids.iter().rev().filter_map(|id| configs.get(id));
                steps.extend(parents.map(Step::Visit));
            }
            Step::Visit(_) => {}
            Step::Apply(config) => order.push(config),
        }
    }
    order
}

fn overlay(below: &mut Map<String, Value>, above: &Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
