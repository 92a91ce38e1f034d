//! Who is asking: the rules that read facts out of requests, and the filters by which the core knows when to ask.

use std::collections::BTreeMap;

use provd_proto::v1::{DeviceInfo, ExtractMemory, Request, RequestFilter, request};

use super::error::LoadError;
use super::facts::Fact;
use super::manifest::Manifest;
use super::source::Source;
use super::templates::{RenderError, Templates};
use rule::{Match, Rule};

mod condition;
mod memory;
mod rule;

/// The rules of a family.
#[derive(Debug)]
pub(crate) struct Extraction {
    rules: Vec<Rule>,
    models: BTreeMap<String, String>,
}

impl Extraction {
    /// Compiles the rules.
    pub(crate) fn compile(
        manifest: &Manifest,
        source: &Source,
        templates: &mut Templates,
    ) -> Result<Extraction, LoadError> {
        let rules = manifest.extract.iter().map(|entry| Rule::compile(entry, source, templates));
        Ok(Extraction { rules: rules.collect::<Result<_, _>>()?, models: manifest.aliases.model.clone() })
    }

    /// The facts a request reveals: the first rule to state one wins, later ones add what is still unknown.
    pub(crate) fn extract(
        &self,
        request: &request::Kind,
        templates: &Templates,
    ) -> Result<Option<DeviceInfo>, RenderError> {
        let mut info = DeviceInfo::default();
        for rule in &self.rules {
            let Match::Facts(facts) = rule.evaluate(request, templates)? else { continue };
            for (fact, value) in facts {
                fact.of(&mut info).get_or_insert(value);
            }
        }
        if let Some(model) = Fact::Model.of(&mut info)
            && let Some(alias) = self.models.get(model)
        {
            model.clone_from(alias);
        }
        Ok((info != DeviceInfo::default()).then_some(info))
    }

    /// For which requests the answer to this one holds as well.
    pub(crate) fn memory(&self, request: &Request) -> ExtractMemory {
        match &request.kind {
            Some(kind) => memory::of(&self.rules, kind),
            None => ExtractMemory::default(),
        }
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
