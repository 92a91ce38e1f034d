//! Whether a core and a plugin understand each other: a pure function over what each says of itself.
//!
//! The major version is the protobuf package and stated in `plugin.toml`, so it is compared before any code runs.
//! Within a major only additions happen: minors never refuse each other. Optional behaviour is a named feature.

use crate::v1::Feature;

/// Major version of the contract these bindings speak.
pub const API_MAJOR: u32 = 1;

/// Minor revision of `provd.plugin.v1` these bindings were generated from.
pub const API_MINOR: u32 = 2;

/// Features this core offers to plugins that ask for them.
pub const CORE_FEATURES: &[&str] = &[];

/// What both sides may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The lower of the two minor revisions.
    pub api_minor: u32,
    /// Features the plugin named and the core offers, in the plugin's order.
    pub features: Vec<String>,
}

/// Why core and plugin cannot work together. An administrator reads these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The plugin was written for another major version.
    Major {
        /// What the plugin speaks.
        plugin: u32,
        /// What the core speaks.
        core: u32,
    },
    /// The plugin cannot work without a feature the core lacks.
    MissingFeature(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Major { plugin, core } if plugin > core => {
                write!(f, "the plugin needs plugin API {plugin}, this provd speaks {core}: upgrade provd")
            }
            Refusal::Major { plugin, core } => {
                write!(
                    f,
                    "the plugin was written for plugin API {plugin}, this provd speaks {core}: upgrade the plugin"
                )
            }
            Refusal::MissingFeature(name) => {
                write!(f, "the plugin requires the feature `{name}`, which this provd does not offer")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Agrees on what both sides may use.
///
/// `plugin_major` is the `api` key of `plugin.toml`; the rest is from its `DescribeResponse`.
pub fn negotiate(plugin_major: u32, plugin_minor: u32, features: &[Feature]) -> Result<Agreement, Refusal> {
    if plugin_major != API_MAJOR {
        return Err(Refusal::Major { plugin: plugin_major, core: API_MAJOR });
    }
    let offered = |feature: &&Feature| CORE_FEATURES.contains(&feature.name.as_str());
    if let Some(missing) = features.iter().find(|feature| feature.required && !offered(feature)) {
        return Err(Refusal::MissingFeature(missing.name.clone()));
    }
    Ok(Agreement {
        api_minor: plugin_minor.min(API_MINOR),
        features: features.iter().filter(offered).map(|feature| feature.name.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, required: bool) -> Feature {
        Feature { name: name.to_owned(), required }
    }

    #[test]
    fn equal_versions_agree() {
        assert_eq!(negotiate(1, API_MINOR, &[]), Ok(Agreement { api_minor: API_MINOR, features: vec![] }));
    }

    #[test]
    fn a_newer_minor_is_met_at_ours() {
        assert_eq!(negotiate(1, API_MINOR + 7, &[]).unwrap().api_minor, API_MINOR);
    }

    #[test]
    fn another_major_is_refused_and_says_which_side_to_upgrade() {
        assert!(negotiate(2, 0, &[]).unwrap_err().to_string().contains("upgrade provd"));
        assert!(negotiate(0, 0, &[]).unwrap_err().to_string().contains("upgrade the plugin"));
    }

    #[test]
    fn an_unknown_feature_matters_only_when_required() {
        assert_eq!(negotiate(1, 0, &[feature("telepathy", false)]).unwrap().features, Vec::<String>::new());
        assert_eq!(
            negotiate(1, 0, &[feature("telepathy", true)]),
            Err(Refusal::MissingFeature("telepathy".to_owned()))
        );
    }
}
