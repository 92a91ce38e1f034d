//! How well a target supports a phone of which some facts are known.

use provd_proto::v1::{DeviceInfo, Support};
use regex::Regex;

use super::error::LoadError;
use super::manifest::Manifest;
use super::source::Source;
use super::target::Target;
use super::versions;

/// The levels a family states for what is not a matter of course.
#[derive(Debug)]
pub(crate) struct Association {
    rules: Vec<Rule>,
    other_model: Support,
    no_model: Support,
}

#[derive(Debug)]
struct Rule {
    model: Option<Regex>,
    version: Option<Regex>,
    support: Support,
}

impl Association {
    /// Compiles the rules.
    pub(crate) fn compile(manifest: &Manifest, source: &Source) -> Result<Association, LoadError> {
        let entry = &manifest.association;
        let mut rules = Vec::new();
        for rule in &entry.rules {
            let stated = rule.get_ref();
            if stated.model.is_none() && stated.version.is_none() {
                return Err(source.invalid(
                    rule,
                    "rules",
                    "expected a regular expression on `model` or `version`",
                ));
            }
            rules.push(Rule {
                model: stated.model.as_ref().map(|model| source.regex(model, "model")).transpose()?,
                version: stated
                    .version
                    .as_ref()
                    .map(|version| source.regex(version, "version"))
                    .transpose()?,
                support: stated.support.into(),
            });
        }
        Ok(Association { rules, other_model: entry.other_model.into(), no_model: entry.no_model.into() })
    }

    /// The level of support.
    pub(crate) fn support(&self, target: &Target, info: &DeviceInfo) -> Support {
        if let Some(rule) = self.rules.iter().find(|rule| rule.applies(info)) {
            return rule.support;
        }
        match (info.vendor.as_deref(), info.model.as_deref()) {
            (None, _) => Support::Unknown,
            (Some(vendor), _) if vendor != target.vendor => Support::Improbable,
            (Some(_), None) => self.no_model,
            (Some(_), Some(model)) => self.of_model(target, model, info.version.as_deref()),
        }
    }

    fn of_model(&self, target: &Target, model: &str, version: Option<&str>) -> Support {
        let Some(model) = target.model(model) else { return self.other_model };
        let Some(version) = version else { return Support::Complete };
        if model.firmware.as_deref().is_some_and(|firmware| versions::compare(firmware, version).is_eq()) {
            return Support::Exact;
        }
        let supported = target.versions.as_ref().is_none_or(|range| range.contains(version));
        if supported { Support::Complete } else { Support::Incomplete }
    }
}

impl Rule {
    /// Whether all that the rule tests is known and matches.
    fn applies(&self, info: &DeviceInfo) -> bool {
        let matches = |regex: &Option<Regex>, value: Option<&str>| {
            regex.as_ref().is_none_or(|regex| value.is_some_and(|value| regex.is_match(value)))
        };
        matches(&self.model, info.model.as_deref()) && matches(&self.version, info.version.as_deref())
    }
}
