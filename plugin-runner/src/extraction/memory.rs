//! For which requests an extraction may be remembered: those equal in path, User-Agent and whatever else a rule tests.

use std::collections::BTreeSet;

use provd_proto::v1::{ExtractMemory, RequestKind};

use super::asked::Asked;
use super::condition::{Subject, VENDOR_CLASS};
use super::rule::Rule;

/// What answers to requests of one kind depend on, over all rules.
#[derive(Debug)]
pub(super) struct Dependence {
    headers: Vec<String>,
    dhcp_options: Vec<u32>,
    /// Whether there is a rule that tests the query.
    on_query: bool,
}

impl Dependence {
    pub(super) fn of(rules: &[Rule], kind: RequestKind) -> Dependence {
        let (mut headers, mut options, mut on_query) = (BTreeSet::new(), BTreeSet::new(), false);
        for condition in rules.iter().filter(|rule| rule.kind == kind).flat_map(|rule| &rule.conditions) {
            match &condition.subject {
                Subject::Header(name) if name != "user-agent" => {
                    headers.insert(name.clone());
                }
                Subject::Option(code) if *code != VENDOR_CLASS => {
                    options.insert(u32::from(*code));
                }
                Subject::Query => on_query = true,
                _ => {}
            }
        }
        let (headers, dhcp_options) = (headers.into_iter().collect(), options.into_iter().collect());
        Dependence { headers, dhcp_options, on_query }
    }

    /// What the answer to one request depends on.
    ///
    /// The core cannot tell requests apart by their query. So an answer is not to be remembered when some rule would
    /// decide by it, everything else of the rule being met.
    pub(super) fn memory(&self, rules: &[Rule], request: &impl Asked) -> ExtractMemory {
        let by_query = self.on_query && rules.iter().any(|rule| decides_by_query(rule, request));
        ExtractMemory {
            allowed: !by_query,
            vary_headers: self.headers.clone(),
            vary_dhcp_options: self.dhcp_options.clone(),
        }
    }
}

fn decides_by_query(rule: &Rule, request: &impl Asked) -> bool {
    let mut others = rule.conditions.iter().filter(|condition| condition.subject != Subject::Query);
    rule.kind == request.kind()
        && rule.conditions.iter().any(|condition| condition.subject == Subject::Query)
        && others.all(|condition| condition.holds(request))
}
