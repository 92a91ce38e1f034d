//! Which plugin supports a phone best.

use std::cmp::Ordering;

use futures_util::future::join_all;

use super::Provisioning;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::Support;

/// The outcome of an association.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The plugin that supports the phone best, if one does at least probably.
    pub plugin: Option<String>,
    /// Whether every plugin was heard. If not, and none was chosen, the phone is to ask again.
    pub complete: bool,
    /// What each plugin said; nothing from those that could not be asked.
    pub supports: Vec<(String, Option<Support>)>,
}

impl Choice {
    /// How well a plugin said it supports the phone.
    pub fn support_by(&self, plugin: &str) -> Support {
        let said = self.supports.iter().find(|(other, _)| other == plugin);
        said.and_then(|(_, support)| *support).unwrap_or(Support::None)
    }
}

impl Provisioning {
    /// The plugin that supports these facts best, if one does at least probably. Of equals the latest, by the numbers in
    /// their identifiers. While a plugin that might be better cannot be asked, only an exact one is chosen: the phone will
    /// ask again.
    pub async fn associate(&self, info: &DeviceInfo) -> Choice {
        let ask = async |plugin: String| match self.plugins.associate(&plugin, info).await {
            Ok(support) => (plugin, Some(support)),
            Err(error) => {
                tracing::warn!("A choice of plugins is made without {plugin}: {error}");
                (plugin, None)
            }
        };
        let supports = join_all(self.plugins.installed().into_iter().map(ask)).await;
        let complete = supports.iter().all(|(_, support)| support.is_some());
        let least = if complete { Support::Probable } else { Support::Exact };
        let heard = supports.iter().filter_map(|(plugin, support)| Some(((*support)?, plugin.clone())));
        Choice { plugin: choose(heard, least), complete, supports }
    }
}

fn choose(supports: impl Iterator<Item = (Support, String)>, least: Support) -> Option<String> {
    supports
        .filter(|(support, _)| *support >= least)
        .max_by(|(one, first), (two, second)| one.cmp(two).then_with(|| natural_order(first, second)))
        .map(|(_, plugin)| plugin)
}

/// Compares runs of digits as numbers, so that `aastra-3.10` is later than `aastra-3.9`.
fn natural_order(one: &str, two: &str) -> Ordering {
    let (mut one, mut two) = (one, two);
    while !one.is_empty() && !two.is_empty() {
        let (a, rest_one) = split_run(one);
        let (b, rest_two) = split_run(two);
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
        (one, two) = (rest_one, rest_two);
    }
    one.len().cmp(&two.len())
}

/// The first run of digits, or of anything else.
fn split_run(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|character: char| character.is_ascii_digit());
    let end = text.find(|character: char| character.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(supports: &[(Support, &str)]) -> Option<String> {
        choose(supports.iter().map(|(support, plugin)| (*support, (*plugin).to_owned())), Support::Probable)
    }

    #[test]
    fn the_best_wins_and_the_latest_of_equals() {
        let exact_wins = [(Support::Exact, "aastra-3.2"), (Support::Complete, "aastra-9.0")];
        assert_eq!(chosen(&exact_wins).as_deref(), Some("aastra-3.2"));
        let latest = [(Support::Complete, "aastra-3.10"), (Support::Complete, "aastra-3.9")];
        assert_eq!(chosen(&latest).as_deref(), Some("aastra-3.10"));
    }

    #[test]
    fn nobody_is_better_than_somebody_unlikely() {
        assert_eq!(chosen(&[(Support::Unknown, "a"), (Support::Improbable, "b")]), None);
    }
}
