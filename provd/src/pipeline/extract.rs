//! Step 1: facts about the phone behind a request.
//!
//! Only plugins whose filters match are asked. They vote fact by fact; what the listener itself knows outweighs them.

use std::collections::HashMap;
use std::hash::Hash;

use futures_util::future::join_all;

use super::Pipeline;
use crate::domain::device_info::DeviceInfo;
use crate::domain::request::{Request, RequestKind};

impl Pipeline {
    /// Facts about the phone behind a request. A plugin that fails counts as one that says nothing.
    pub(super) async fn extract(&self, request: &Request) -> DeviceInfo {
        let plugins = self.provisioning.plugins();
        let ask = async |plugin: String| match plugins.extract(&plugin, request).await {
            Ok(info) => info,
            Err(error) => {
                // Its supervisor has said at length what is wrong with it.
                tracing::debug!("Nothing extracted by {plugin}: {error}");
                DeviceInfo::default()
            }
        };
        let votes = join_all(plugins.interested(request).into_iter().map(ask)).await;
        let mut info = elect(&votes);
        info.ip = Some(request.ip);
        if let RequestKind::Dhcp(dhcp) = &request.kind {
            info.mac = Some(dhcp.mac);
        }
        info
    }
}

/// For each fact the value most plugins state; of equally frequent ones the one stated first.
fn elect(votes: &[DeviceInfo]) -> DeviceInfo {
    DeviceInfo {
        ip: None,
        mac: most_frequent(votes.iter().filter_map(|vote| vote.mac)),
        sn: most_frequent(votes.iter().filter_map(|vote| vote.sn.as_ref())).cloned(),
        uuid: most_frequent(votes.iter().filter_map(|vote| vote.uuid.as_ref())).cloned(),
        vendor: most_frequent(votes.iter().filter_map(|vote| vote.vendor.as_ref())).cloned(),
        model: most_frequent(votes.iter().filter_map(|vote| vote.model.as_ref())).cloned(),
        version: most_frequent(votes.iter().filter_map(|vote| vote.version.as_ref())).cloned(),
    }
}

fn most_frequent<T: Hash + Eq + Copy>(values: impl Iterator<Item = T> + Clone) -> Option<T> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for value in values.clone() {
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    values.into_iter().find(|value| counts.get(value) == Some(&most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(model: &str) -> DeviceInfo {
        DeviceInfo { model: Some(model.to_owned()), ..DeviceInfo::default() }
    }

    #[test]
    fn the_majority_wins_and_the_first_breaks_a_tie() {
        let elected = |votes: &[&str]| elect(&votes.iter().map(|vote| model(vote)).collect::<Vec<_>>()).model;
        assert_eq!(elected(&["a", "b", "b"]).as_deref(), Some("b"));
        assert_eq!(elected(&["a", "b", "c"]).as_deref(), Some("a"));
        assert_eq!(elected(&[]), None);
    }

    #[test]
    fn each_fact_is_elected_by_itself() {
        let version = DeviceInfo { version: Some("1".to_owned()), ..DeviceInfo::default() };
        let elected = elect(&[model("a"), version]);
        assert_eq!((elected.model.as_deref(), elected.version.as_deref()), (Some("a"), Some("1")));
    }
}
