//! For which requests an extraction may be remembered: those equal in path, User-Agent and whatever else a rule tests.

use std::collections::BTreeSet;

use provd_proto::v1::{ExtractMemory, request};

use super::condition::{Condition, Subject, VENDOR_CLASS};
use super::rule::Rule;

/// What the answer to a request depends on, over all rules of its kind.
///
/// The core cannot tell requests apart by their query. So an answer is not to be remembered when some rule would decide
/// by it, everything else of the rule being met.
pub(super) fn of(rules: &[Rule], request: &request::Kind) -> ExtractMemory {
    let mut headers = BTreeSet::new();
    let mut options = BTreeSet::new();
    let mut allowed = true;
    for conditions in rules.iter().filter_map(|rule| rule.conditions_for(request)) {
        allowed &= !depends_on_query(conditions, request);
        for condition in conditions {
            match &condition.subject {
                Subject::Header(name) if name != "user-agent" => {
                    headers.insert(name.clone());
                }
                Subject::Option(code) if *code != VENDOR_CLASS => {
                    options.insert(u32::from(*code));
                }
                _ => {}
            }
        }
    }
    ExtractMemory {
        allowed,
        vary_headers: headers.into_iter().collect(),
        vary_dhcp_options: options.into_iter().collect(),
    }
}

fn depends_on_query(conditions: &[Condition], request: &request::Kind) -> bool {
    let (on_query, others): (Vec<_>, Vec<_>) =
        conditions.iter().partition(|condition| condition.subject == Subject::Query);
    let met = |condition: &&Condition| condition.matches(&condition.subject.values(request)).is_some();
    !on_query.is_empty() && others.iter().all(met)
}
