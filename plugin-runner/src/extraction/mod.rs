//! Who is asking, as far as expressions and constants can say it: the rules of `ExtractionRules`.
//!
//! A description carries them, so that provd reads facts by them without asking the plugin; a plugin may read by them too.
//! Whatever else a plugin finds facts by is its own.

use std::collections::BTreeMap;

use provd_proto::v1::{DeviceInfo, ExtractMemory, ExtractionRules, RequestFilter, RequestKind};

pub use asked::Asked;
pub(crate) use condition::{Condition, Subject};
pub(crate) use fact::Fact;
pub(crate) use rule::{Found, Rule};

use memory::Dependence;

mod asked;
mod condition;
mod fact;
mod memory;
mod rule;

/// The rules of a plugin.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    model_aliases: BTreeMap<String, String>,
    http: Dependence,
    tftp: Dependence,
    dhcp: Dependence,
}

/// A request that is a question to the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask;

impl Rules {
    /// Out of a description.
    ///
    /// # Errors
    ///
    /// What is wrong with them, for the author of the plugin.
    pub fn compile(message: &ExtractionRules) -> Result<Rules, String> {
        let rules = message.rules.iter().map(Rule::compile).collect::<Result<_, _>>()?;
        Ok(Rules::new(rules, message.model_aliases.clone()))
    }

    pub(crate) fn new(rules: Vec<Rule>, model_aliases: BTreeMap<String, String>) -> Rules {
        let [http, tftp, dhcp] = [RequestKind::Http, RequestKind::Tftp, RequestKind::Dhcp]
            .map(|kind| Dependence::of(&rules, kind));
        Rules { rules, model_aliases, http, tftp, dhcp }
    }

    /// For a description.
    #[must_use]
    pub fn message(&self) -> ExtractionRules {
        ExtractionRules {
            rules: self.rules.iter().map(Rule::message).collect(),
            model_aliases: self.model_aliases.clone(),
        }
    }

    /// The facts a request reveals.
    ///
    /// # Errors
    ///
    /// A rule that matches leaves it to the plugin.
    pub fn extract(&self, request: &impl Asked) -> Result<DeviceInfo, Ask> {
        self.extract_with(request, |_, _| Err(Ask))
    }

    /// The facts a request reveals, where `state` adds those that a rule leaves to the plugin, by the number of the rule.
    pub(crate) fn extract_with<E>(
        &self,
        request: &impl Asked,
        mut state: impl FnMut(usize, &mut Found<'_>) -> Result<(), E>,
    ) -> Result<DeviceInfo, E> {
        let mut info = DeviceInfo::default();
        for (number, rule) in self.rules.iter().enumerate() {
            let Some(mut found) = rule.find(request) else { continue };
            if rule.asks {
                state(number, &mut found)?;
            }
            found.complete(&mut info);
        }
        if let Some(model) = &mut info.model
            && let Some(alias) = self.model_aliases.get(model)
        {
            model.clone_from(alias);
        }
        Ok(info)
    }

    /// For which requests the facts of this one hold as well.
    #[must_use]
    pub fn memory(&self, request: &impl Asked) -> ExtractMemory {
        let dependence = match request.kind() {
            RequestKind::Http => &self.http,
            RequestKind::Tftp => &self.tftp,
            RequestKind::Dhcp => &self.dhcp,
            RequestKind::Unspecified => return ExtractMemory::default(),
        };
        dependence.memory(&self.rules, request)
    }

    /// The cheap conditions of all rules, each set once.
    pub(crate) fn filters(&self) -> Vec<RequestFilter> {
        let mut filters: Vec<RequestFilter> = Vec::new();
        for filter in self.rules.iter().map(Rule::filter) {
            if !filters.contains(&filter) {
                filters.push(filter);
            }
        }
        filters
    }
}

#[cfg(test)]
mod tests;
