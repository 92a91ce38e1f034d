//! Step 1: facts about the phone behind a request.
//!
//! Only plugins whose filters match are asked. They vote fact by fact; what the listener itself knows outweighs them.

use std::collections::HashMap;
use std::hash::Hash;

use super::Pipeline;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::{Request, RequestKind};
use crate::provisioning::plugins::{Vote, Votes};

impl Pipeline {
    /// Facts about the phone behind a request, and what plugins said.
    pub(super) async fn extract(&self, request: &Request) -> (DeviceInfo, Votes) {
        let votes = self.provisioning.plugins().extract(request).await;
        let mut info = elect(&votes.votes);
        info.ip = Some(request.ip);
        if let RequestKind::Dhcp(dhcp) = &request.kind {
            info.mac = Some(dhcp.mac);
        }
        (info, votes)
    }
}

/// For each fact the value most plugins state; of equally frequent ones the one stated first.
fn elect(votes: &[Vote]) -> DeviceInfo {
    if let [only] = votes {
        return only.info.clone();
    }
    DeviceInfo {
        ip: None,
        mac: most_frequent(votes, |info| info.mac.as_ref()),
        sn: most_frequent(votes, |info| info.sn.as_ref()),
        uuid: most_frequent(votes, |info| info.uuid.as_ref()),
        vendor: most_frequent(votes, |info| info.vendor.as_ref()),
        model: most_frequent(votes, |info| info.model.as_ref()),
        version: most_frequent(votes, |info| info.version.as_ref()),
    }
}

fn most_frequent<T: Hash + Eq + Clone>(votes: &[Vote], fact: fn(&DeviceInfo) -> Option<&T>) -> Option<T> {
    let mut counts: HashMap<&T, usize> = HashMap::new();
    for vote in votes {
        if let Some(value) = fact(&vote.info) {
            *counts.entry(value).or_default() += vote.plugins.len();
        }
    }
    let most = counts.values().max().copied()?;
    let mut stated = votes.iter().filter_map(|vote| fact(&vote.info));
    stated.find(|value| counts.get(value) == Some(&most)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(plugins: usize, model: Option<&str>, version: Option<&str>) -> Vote {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let info = DeviceInfo { model: text(model), version: text(version), ..DeviceInfo::default() };
        Vote { plugins: vec!["p".to_owned(); plugins], info }
    }

    #[test]
    fn the_majority_wins_and_the_first_breaks_a_tie() {
        let elected = |votes: &[Vote]| elect(votes).model;
        assert_eq!(elected(&[vote(1, Some("a"), None), vote(2, Some("b"), None)]).as_deref(), Some("b"));
        assert_eq!(elected(&[vote(1, Some("a"), None), vote(1, Some("b"), None)]).as_deref(), Some("a"));
        assert_eq!(elected(&[]), None);
    }

    #[test]
    fn each_fact_is_elected_by_itself() {
        let elected = elect(&[vote(3, None, None), vote(1, Some("a"), None), vote(1, None, Some("1"))]);
        assert_eq!((elected.model.as_deref(), elected.version.as_deref()), (Some("a"), Some("1")));
    }
}
