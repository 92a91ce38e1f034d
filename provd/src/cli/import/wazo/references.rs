//! What documents name and nobody has. The other server allows that, and so does this one; but somebody should know.

use std::collections::HashSet;

use super::config::MappedConfig;
use super::device::MappedDevice;
use super::report::Problem;

/// What documents may name.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Configs that come from the other server.
    pub(super) configs: HashSet<String>,
    /// Configs that are here.
    pub(super) configs_here: HashSet<String>,
    /// Plugins that are here, or are about to be.
    pub(super) plugins: HashSet<String>,
}

impl Known {
    /// Tells of parents that are not there.
    pub(super) fn check_config(&self, id: &str, config: &MappedConfig, problems: &mut Vec<Problem>) {
        for parent in config.parents().filter(|parent| !self.configs.contains(*parent)) {
            let why = self.missing(parent);
            problems.push(Problem::taken("config", id, format!("it inherits from `{parent}`, {why}")));
        }
    }

    /// Tells of a config and a plugin that are not there.
    pub(super) fn check_device(&self, id: &str, device: &MappedDevice, problems: &mut Vec<Problem>) {
        let named = |key: &str| device.shown.get(key).and_then(serde_json::Value::as_str);
        if let Some(config) = named("config").filter(|config| !self.configs.contains(*config)) {
            let why = self.missing(config);
            problems.push(Problem::taken("device", id, format!("it has the config `{config}`, {why}")));
        }
        if let Some(plugin) = named("plugin").filter(|plugin| !self.plugins.contains(*plugin)) {
            problems.push(Problem::taken("device", id, format!("there is no plugin {plugin}")));
        }
    }

    fn missing(&self, config: &str) -> &'static str {
        if self.configs_here.contains(config) {
            "which does not come from there: the one that is here counts"
        } else {
            "which does not exist"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::documents::Document;
    use super::super::{config, device};
    use super::*;

    fn document(content: serde_json::Value) -> Document {
        let serde_json::Value::Object(content) = content else { panic!("not an object") };
        Document { id: "x".to_owned(), content }
    }

    #[test]
    fn whatever_is_named_and_not_there_is_told() {
        let set = |ids: &[&str]| ids.iter().map(ToString::to_string).collect();
        let known = Known { configs: set(&["a"]), configs_here: set(&["a", "b"]), plugins: set(&["p"]) };
        let mut problems = Vec::new();
        let config = config::map(&document(json!({"parent_ids": ["a", "b", "c"]})));
        known.check_config("x", &config, &mut problems);
        for (config, plugin) in [("a", "p"), ("b", "q"), ("c", "p")] {
            let device = document(json!({"config": config, "plugin": plugin}));
            known.check_device("x", &device::map(&device, &device::Masters::default()), &mut problems);
        }
        let reasons: Vec<&str> = problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert_eq!(reasons.len(), 5, "{reasons:?}");
        assert!(reasons[0].contains("`b`") && reasons[0].contains("here counts"), "{reasons:?}");
        assert!(reasons[1].contains("`c`") && reasons[1].ends_with("which does not exist"), "{reasons:?}");
        assert!(
            reasons[3] == "there is no plugin q"
                && reasons[4] == "it has the config `c`, which does not exist",
            "{reasons:?}"
        );
        assert!(problems.iter().all(|problem| problem.taken));
    }
}
