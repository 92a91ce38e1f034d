//! Which phones a config reaches: those that name it, or a config that inherits from it.

use std::collections::HashSet;

use serde_json::Value;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::identity::DEVICES;
use super::super::table::{field, items, text_of};
use super::CONFIGS;

/// The devices a config reaches that are not configured, and why.
pub(super) async fn unconfigured(id: &str, client: &Client) -> Result<Vec<(String, String)>, Failure> {
    let devices = client.get(&format!("{DEVICES}?recurse=true&fields=config,last_error")).await?;
    let failed: Vec<&Value> =
        items(&devices, "devices").iter().filter(|device| !field(device, "last_error").is_empty()).collect();
    if failed.is_empty() {
        return Ok(Vec::new());
    }
    let configs = client.get(&format!("{CONFIGS}?fields=parent_ids")).await?;
    let heirs = heirs(id, items(&configs, "configs"));
    let reached = failed.into_iter().filter(|device| heirs.contains(&field(device, "config")));
    Ok(reached.map(|device| (field(device, "id"), field(device, "last_error"))).collect())
}

/// A config and all that inherit from it, also through others.
fn heirs(id: &str, configs: &[Value]) -> HashSet<String> {
    let mut heirs = HashSet::from([id.to_owned()]);
    loop {
        let inherits = |config: &&Value| {
            items(config, "parent_ids").iter().any(|parent| heirs.contains(&text_of(parent)))
        };
        let found: Vec<String> = configs.iter().filter(inherits).map(|config| field(config, "id")).collect();
        let before = heirs.len();
        heirs.extend(found);
        if heirs.len() == before {
            return heirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn heirs_are_found_through_others_and_in_circles() {
        let configs = [
            json!({"id": "d", "parent_ids": ["c", "x"]}),
            json!({"id": "b", "parent_ids": ["a"]}),
            json!({"id": "c", "parent_ids": ["b"]}),
            json!({"id": "a", "parent_ids": ["d"]}),
            json!({"id": "x", "parent_ids": []}),
        ];
        let sorted = |id: &str| {
            let mut heirs: Vec<String> = heirs(id, &configs).into_iter().collect();
            heirs.sort();
            heirs
        };
        assert_eq!(sorted("a"), ["a", "b", "c", "d"]);
        assert_eq!(sorted("x"), ["a", "b", "c", "d", "x"]);
        assert_eq!(sorted("gone"), ["gone"]);
    }
}
