//! What follows from everything that is known of a phone, in sentences for whoever asks why.

use super::said_by;
use crate::api::rfc_3339;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{PluginState, PluginStatus, Support};
use crate::domain::policy::Retriever;
use crate::domain::remote_state::{Currency, Presence};
use crate::domain::waiting::WaitingDevice;
use crate::provisioning::Choice;

/// A device that has a record.
pub(super) struct Known<'a> {
    pub(super) device: &'a Device,
    pub(super) plugins: &'a [PluginStatus],
    pub(super) choice: &'a Choice,
    /// In the order they apply; none if its config does not exist.
    pub(super) configs: &'a [String],
    pub(super) presence: Option<&'a Presence>,
    /// An older device with its MAC address.
    pub(super) namesake: Option<&'a str>,
}

/// A phone that has none.
pub(super) struct Unknown<'a> {
    /// Its MAC address, and what it told so far.
    pub(super) info: &'a DeviceInfo,
    pub(super) retriever: Retriever,
    pub(super) waiting: Option<&'a WaitingDevice>,
    /// Why its last request got it no record.
    pub(super) refusal: Option<&'a str>,
    pub(super) choice: &'a Choice,
    /// Plugins whose DHCP hints name the beginning of its MAC address.
    pub(super) hinting: &'a [String],
    /// What its config would be made from.
    pub(super) template: Option<&'a str>,
}

/// What a device gets, and why.
pub(super) fn of_device(known: &Known<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(namesake) = known.namesake {
        sentences.push(format!(
            "The older device {namesake} has the same MAC address: requests of the phone are taken for requests of that one."
        ));
    }
    sentences.extend(plugin(known));
    sentences.push(config(known));
    sentences.push(configured(known.device));
    sentences.extend(currency(known));
    sentences.extend(known.presence.map(last_seen));
    sentences
}

fn plugin(known: &Known<'_>) -> Vec<String> {
    let Some(plugin) = &known.device.plugin else {
        return vec![format!("It has no plugin. {}", would_be_served(known.choice))];
    };
    let Some(status) = known.plugins.iter().find(|status| status.id == *plugin) else {
        return vec![format!(
            "Its plugin {plugin} is not installed, so it gets nothing. {}",
            would_be_served(known.choice)
        )];
    };
    let said = said_by(status, known.choice);
    let mut sentences = vec![served_by(plugin, said, known.choice)];
    if let Some(better) = known.choice.plugin.as_deref().filter(|best| is_better(best, said, known.choice)) {
        let who = if known.device.provenance.plugin_assigned {
            "an administrator chose its plugin, so that it stays"
        } else {
            "it takes over when the phone shows another model or firmware version, or when it is assigned"
        };
        sentences.push(format!("{better} supports its facts better: {who}."));
    }
    if status.state != PluginState::Ready {
        let why = status.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let state = status.state.as_str();
        sentences.push(format!(
            "Its plugin is {state}{why}. While it cannot be asked, the phone gets what was generated before, and static \
             files."
        ));
    }
    sentences
}

/// Its plugin, and those that would do too.
fn served_by(plugin: &str, said: Option<Support>, choice: &Choice) -> String {
    let others = choice.supports.iter().filter_map(|(other, other_said)| {
        let other_said =
            other_said.filter(|other_said| *other_said >= Support::Probable && other != plugin)?;
        let only = if Some(other_said) < said { "only " } else { "" };
        Some(format!("; {other} {only}{}", adverb(other_said)))
    });
    format!("It is served by {plugin}, which {}{}.", phrase(said), others.collect::<String>())
}

/// One that said nothing is not compared.
fn is_better(other: &str, said: Option<Support>, choice: &Choice) -> bool {
    said.is_some_and(|said| choice.support_by(other) > said)
}

fn would_be_served(choice: &Choice) -> String {
    match &choice.plugin {
        Some(plugin) => {
            let phrase = phrase(Some(choice.support_by(plugin)));
            format!("Of the installed plugins {plugin} fits best: it {phrase}.")
        }
        None if choice.complete => {
            "No installed plugin supports its facts, not even probably: install one, or let the phone ask for a file, \
             which may tell more."
                .to_owned()
        }
        None => "Not every plugin could be asked whether it supports its facts.".to_owned(),
    }
}

fn config(known: &Known<'_>) -> String {
    match (&known.device.config, known.configs) {
        (None, _) => "It has no config: without one nothing is generated for it.".to_owned(),
        (Some(config), []) => format!("Its config {config} does not exist: nothing is generated for it."),
        (Some(config), [_]) => format!("Its config {config} inherits from no other."),
        (Some(config), [ancestors @ .., _]) => {
            format!("Its config {config} inherits, in this order: {}.", ancestors.join(", "))
        }
    }
}

fn configured(device: &Device) -> String {
    match &device.last_error {
        None if device.configured => "It is configured: its plugin generated its files.".to_owned(),
        None => "It is not configured yet.".to_owned(),
        Some(failure) => {
            let since = rfc_3339(failure.at).map(|at| format!(" since {at}")).unwrap_or_default();
            format!("It is not configured{since}: {}.", failure.reason.trim_end_matches('.'))
        }
    }
}

/// Nothing is said of the fetch of what was never generated.
fn currency(known: &Known<'_>) -> Option<String> {
    let (device, presence) = (known.device, known.presence);
    let Some(trigger) = &device.trigger_path else {
        let why = "Its plugin names no file whose fetch would prove that the phone is up to date.";
        return device.configured.then(|| why.to_owned());
    };
    let revision = device.files_revision;
    let fetched = presence.and_then(|presence| presence.fetched_revision).unwrap_or_default();
    let state = match Currency::of(device, presence) {
        Currency::NotConfigured => "the phone is still given what was generated before".to_owned(),
        Currency::Expected => "the phone has not been seen yet".to_owned(),
        Currency::Contacted => "the phone asked for other files, but not for this one yet".to_owned(),
        Currency::Outdated => format!("it last fetched revision {fetched} of {revision}: it is outdated"),
        Currency::Current => format!("it last fetched revision {fetched}, the latest: it is current"),
    };
    Some(format!("Its trigger file is {trigger}; {state}."))
}

fn last_seen(presence: &Presence) -> String {
    let at = rfc_3339(presence.last_seen).unwrap_or_default();
    let (asked, answer) = (presence.last_request.escape_debug(), &presence.last_answer);
    format!("It was last seen at {at}: {asked}, answered with: {answer}.")
}

/// What would become of a phone without a record.
pub(super) fn of_stranger(unknown: &Unknown<'_>) -> Vec<String> {
    let fate = match (unknown.waiting, unknown.retriever) {
        (Some(waiting), _) => {
            let since = rfc_3339(waiting.first_seen).unwrap_or_default();
            format!("No device has this MAC address: it waits for approval since {since}, as {}.", waiting.id)
        }
        (None, Retriever::Default) => {
            "No device has this MAC address: it would be created when it first asks for a file (retriever = default)."
                .to_owned()
        }
        (None, Retriever::Secure) => {
            "No device has this MAC address, and asking creates none (retriever = secure): create it first.".to_owned()
        }
        (None, Retriever::Approve) => {
            "No device has this MAC address: it would wait for approval when it first asks for a file \
             (retriever = approve)."
                .to_owned()
        }
    };
    let refusal = unknown.refusal.map(|why| format!("Its last request got it no record: {why}."));
    let mut sentences: Vec<String> = [fate].into_iter().chain(refusal).collect();
    sentences.push(plugin_of_stranger(unknown));
    if unknown.retriever != Retriever::Secure || unknown.waiting.is_some() {
        sentences.push(match unknown.template {
            Some(template) => format!("It would get a config of its own, made from the template {template}."),
            None => {
                "It would get no config, and so nothing would be generated for it: no config has the role \
                     autocreate and a line sip_lines.1."
                    .to_owned()
            }
        });
    }
    sentences
}

fn plugin_of_stranger(unknown: &Unknown<'_>) -> String {
    let told = unknown.info.vendor.is_some() || unknown.info.model.is_some();
    match (told, unknown.hinting) {
        (true, _) => format!("What it told so far: {}. {}", unknown.info, would_be_served(unknown.choice)),
        (false, []) => "Which plugin would serve it is known when it asks for a file.".to_owned(),
        (false, plugins) => {
            format!(
                "Its MAC address begins as phones of {} do; what it asks for decides.",
                plugins.join(", ")
            )
        }
    }
}

fn phrase(said: Option<Support>) -> String {
    match said {
        None => "cannot be asked now how well it supports its facts".to_owned(),
        Some(Support::None) => "does not support its facts".to_owned(),
        Some(Support::Improbable) => "probably does not support its facts".to_owned(),
        Some(Support::Unknown) => "cannot tell from its facts whether it supports them".to_owned(),
        Some(said) => format!("supports its facts {}", adverb(said)),
    }
}

fn adverb(said: Support) -> &'static str {
    match said {
        Support::Exact => "exactly",
        Support::Complete => "completely, in another firmware version",
        Support::Incomplete => "in part",
        Support::Probable => "probably",
        Support::None | Support::Improbable | Support::Unknown => "not",
    }
}

#[cfg(test)]
mod tests;
