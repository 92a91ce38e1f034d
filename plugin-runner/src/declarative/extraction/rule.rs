//! One extraction rule: conditions that must all match, and the facts that follow.

use std::collections::BTreeMap;

use crate::declarative::spanned::Spanned;
use minijinja::Value;
use provd_proto::v1::{RequestFilter, RequestKind, request};

use super::condition::{Condition, Subject};
use crate::declarative::error::LoadError;
use crate::declarative::facts::Fact;
use crate::declarative::manifest::{ExtractEntry, Kind};
use crate::declarative::source::Source;
use crate::declarative::templates::{RenderError, Templates, Text};

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) kind: Kind,
    pub(super) conditions: Vec<Condition>,
    facts: Vec<(Fact, Text)>,
}

/// What a rule makes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It is about other requests.
    None,
    /// It states these facts.
    Facts(Vec<(Fact, String)>),
}

impl Rule {
    pub(super) fn compile(
        entry: &Spanned<ExtractEntry>,
        source: &Source,
        templates: &mut Templates,
    ) -> Result<Rule, LoadError> {
        let conditions = Condition::all(entry.get_ref(), source)?;
        if conditions.is_empty() {
            return Err(source.invalid(entry, "extract", "expected at least one condition"));
        }
        let facts = entry.get_ref().facts.iter();
        let facts = facts.map(|(fact, text)| Ok((*fact, templates.text(source, text, fact.name())?)));
        Ok(Rule { kind: entry.get_ref().kind, conditions, facts: facts.collect::<Result<_, LoadError>>()? })
    }

    /// Tests the conditions and states the facts. A fact that would be empty is not stated.
    pub(super) fn evaluate(
        &self,
        request: &request::Kind,
        templates: &Templates,
    ) -> Result<Match, RenderError> {
        let Some(groups) = self.groups(request) else { return Ok(Match::None) };
        let mut stated: BTreeMap<Fact, String> = BTreeMap::new();
        for fact in Fact::ALL {
            if let Some(value) = groups.get(fact.name()) {
                stated.insert(fact, value.clone());
            }
        }
        let context = Value::from_pairs(groups);
        for (fact, text) in &self.facts {
            stated.insert(*fact, templates.render(text, &context)?);
        }
        let mut facts = Vec::with_capacity(stated.len());
        for (fact, value) in stated {
            match (value.trim(), fact.normalise(value.trim())) {
                ("", _) => {}
                (_, Some(value)) => facts.push((fact, value)),
                (_, None) => return Ok(Match::None),
            }
        }
        Ok(Match::Facts(facts))
    }

    /// The named groups of all conditions, if all match.
    fn groups(&self, request: &request::Kind) -> Option<BTreeMap<String, String>> {
        let mut groups = BTreeMap::new();
        for condition in self.conditions_for(request)? {
            let values = condition.subject.values(request);
            let captures = condition.matches(&values)?;
            for name in condition.regex.capture_names().flatten() {
                if let Some(group) = captures.name(name) {
                    groups.insert(name.to_owned(), group.as_str().to_owned());
                }
            }
        }
        Some(groups)
    }

    /// The conditions, if the rule is about requests of this kind at all.
    pub(super) fn conditions_for(&self, request: &request::Kind) -> Option<&[Condition]> {
        let same_kind = matches!(
            (self.kind, request),
            (Kind::Http, request::Kind::Http(_))
                | (Kind::Tftp, request::Kind::Tftp(_))
                | (Kind::Dhcp, request::Kind::Dhcp(_))
        );
        same_kind.then_some(&self.conditions)
    }

    /// The conditions that the core can test for itself.
    pub(super) fn filter(&self) -> RequestFilter {
        let kind = match self.kind {
            Kind::Http => RequestKind::Http,
            Kind::Tftp => RequestKind::Tftp,
            Kind::Dhcp => RequestKind::Dhcp,
        };
        let mut filter = RequestFilter { kind: kind.into(), ..RequestFilter::default() };
        for condition in &self.conditions {
            let pattern = condition.regex.as_str().to_owned();
            match condition.subject {
                Subject::Path | Subject::Filename => filter.path = pattern,
                Subject::UserAgent => filter.user_agent = pattern,
                Subject::VendorClass => filter.vendor_class = pattern,
                Subject::Query | Subject::Header(_) | Subject::Option(_) => {}
            }
        }
        filter
    }
}
