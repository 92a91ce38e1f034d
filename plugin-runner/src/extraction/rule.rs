//! One rule: conditions that must all match, and the facts that follow.

use provd_proto::v1::{DeviceInfo, ExtractionRule, RequestFilter, RequestKind};

use super::asked::Asked;
use super::condition::{Condition, Subject};
use super::fact::Fact;

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(super) kind: RequestKind,
    pub(super) conditions: Vec<Condition>,
    constants: Vec<(Fact, String)>,
    /// Whether more follows than groups and constants say.
    pub(super) asks: bool,
}

/// What follows where a rule matches.
#[derive(Debug, Default)]
pub(crate) struct Found<'r> {
    /// The named groups of all its expressions; of equal names the last.
    pub(crate) groups: Vec<(&'r str, String)>,
    stated: [Option<String>; Fact::ALL.len()],
}

impl Rule {
    pub(crate) fn new(
        kind: RequestKind,
        conditions: Vec<Condition>,
        constants: Vec<(Fact, String)>,
        asks: bool,
    ) -> Rule {
        Rule { kind, conditions, constants, asks }
    }

    /// Out of a description.
    pub(super) fn compile(message: &ExtractionRule) -> Result<Rule, String> {
        let kind = message.kind();
        if kind == RequestKind::Unspecified {
            return Err("a rule without a kind".to_owned());
        }
        if message.conditions.is_empty() {
            return Err("a rule without a condition".to_owned());
        }
        let conditions = message.conditions.iter().map(|condition| Condition::compile(kind, condition));
        let stated = message.facts.clone().unwrap_or_default();
        let constant = |fact: Fact| Some((fact, fact.in_info(&stated)?.to_owned()));
        let constants = Fact::ALL.into_iter().filter_map(constant).collect();
        Ok(Rule::new(kind, conditions.collect::<Result<_, _>>()?, constants, message.ask))
    }

    /// For a description.
    pub(super) fn message(&self) -> ExtractionRule {
        let mut facts = DeviceInfo::default();
        for (fact, value) in &self.constants {
            *fact.of(&mut facts) = Some(value.clone());
        }
        ExtractionRule {
            kind: self.kind.into(),
            conditions: self.conditions.iter().map(Condition::message).collect(),
            facts: (!self.constants.is_empty()).then_some(facts),
            ask: self.asks,
        }
    }

    /// What it finds in a request; nothing if it is about others.
    pub(super) fn find(&self, request: &impl Asked) -> Option<Found<'_>> {
        if self.kind != request.kind() {
            return None;
        }
        let mut found = Found::default();
        for Condition { subject, regex } in &self.conditions {
            let value = subject.value(request)?;
            let captures = regex.captures(&value)?;
            for name in regex.capture_names().flatten() {
                if let Some(group) = captures.name(name) {
                    found.groups.retain(|(known, _)| *known != name);
                    found.groups.push((name, group.as_str().to_owned()));
                }
            }
        }
        for fact in Fact::ALL {
            let group = found.groups.iter().find(|(name, _)| *name == fact.name());
            found.stated[fact as usize] = group.map(|(_, value)| value.clone());
        }
        for (fact, value) in &self.constants {
            found.state(*fact, value.clone());
        }
        Some(found)
    }

    /// The conditions that are tested before rules are.
    pub(super) fn filter(&self) -> RequestFilter {
        let mut filter = RequestFilter { kind: self.kind.into(), ..RequestFilter::default() };
        for condition in &self.conditions {
            let pattern = condition.regex.as_str().to_owned();
            match condition.subject {
                Subject::Path => filter.path = pattern,
                Subject::UserAgent => filter.user_agent = pattern,
                Subject::VendorClass => filter.vendor_class = pattern,
                Subject::Query | Subject::Header(_) | Subject::Option(_) => {}
            }
        }
        filter
    }
}

impl Found<'_> {
    /// States a fact, in place of what a group says.
    pub(crate) fn state(&mut self, fact: Fact, value: String) {
        self.stated[fact as usize] = Some(value);
    }

    /// Adds what is still unknown. A fact that is empty is not stated; where one cannot be what it is said to be, none is.
    pub(super) fn complete(self, info: &mut DeviceInfo) {
        let mut spelled = self.stated;
        for (fact, value) in Fact::ALL.into_iter().zip(&mut spelled) {
            if let Some(stated) = value.take().filter(|stated| !stated.trim().is_empty()) {
                let Some(normal) = fact.normalise(stated.trim()) else { return };
                *value = Some(normal);
            }
        }
        for (fact, value) in Fact::ALL.into_iter().zip(spelled) {
            let known = fact.of(info);
            *known = known.take().or(value);
        }
    }
}
