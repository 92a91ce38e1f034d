use std::time::{Duration, SystemTime};

use super::*;
use crate::domain::device::Failure;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

/// Served by `a`, configured from `own`, and nothing seen of it.
fn device() -> Device {
    Device {
        id: "phone".to_owned(),
        plugin: Some("a".to_owned()),
        config: Some("own".to_owned()),
        configured: true,
        trigger_path: Some("phone.cfg".to_owned()),
        files_revision: 4,
        ..Device::default()
    }
}

fn status(state: PluginState, reason: Option<&str>) -> PluginStatus {
    PluginStatus {
        id: "a".to_owned(),
        version: String::new(),
        description: String::new(),
        state,
        reason: reason.map(str::to_owned),
        pid: None,
        ready_since: None,
        starts: 1,
        resident_bytes: None,
        calls: 0,
        failures: 0,
        p99: None,
        previous_version: None,
        capabilities: serde_json::Map::new(),
        sandbox: None,
        crashes: Vec::new(),
    }
}

fn choice(plugin: Option<&str>, supports: &[(&str, Option<Support>)]) -> Choice {
    let supports: Vec<_> = supports.iter().map(|(plugin, said)| ((*plugin).to_owned(), *said)).collect();
    let complete = supports.iter().all(|(_, said)| said.is_some());
    Choice { plugin: plugin.map(str::to_owned), complete, supports }
}

fn seen(fetched_revision: Option<i64>) -> Presence {
    Presence {
        device: "phone".to_owned(),
        last_seen: NOW,
        last_request: "TFTP phone.cfg".to_owned(),
        last_answer: "file".to_owned(),
        fetched_revision,
        fetched_at: None,
    }
}

struct Circumstances {
    device: Device,
    plugins: Vec<PluginStatus>,
    choice: Choice,
    configs: Vec<String>,
    presence: Option<Presence>,
    namesake: Option<&'static str>,
}

impl Default for Circumstances {
    fn default() -> Circumstances {
        Circumstances {
            device: device(),
            plugins: vec![status(PluginState::Ready, None)],
            choice: choice(Some("a"), &[("a", Some(Support::Exact))]),
            configs: vec!["base".to_owned(), "defaultconfigdevice".to_owned(), "own".to_owned()],
            presence: None,
            namesake: None,
        }
    }
}

impl Circumstances {
    fn verdict(&self) -> String {
        let Circumstances { device, plugins, choice, configs, presence, namesake } = self;
        let presence = presence.as_ref();
        of_device(&Known { device, plugins, choice, configs, presence, namesake: *namesake }).join("\n")
    }
}

fn with_device(change: impl FnOnce(&mut Device)) -> Circumstances {
    let mut circumstances = Circumstances::default();
    change(&mut circumstances.device);
    circumstances
}

fn with_supports(plugin: Option<&str>, supports: &[(&str, Option<Support>)]) -> Circumstances {
    Circumstances { choice: choice(plugin, supports), ..Circumstances::default() }
}

#[test]
fn a_sound_device_has_a_short_verdict() {
    assert_eq!(
        Circumstances::default().verdict(),
        "It is served by a, which supports its facts exactly.\n\
         Its config own inherits, in this order: base, defaultconfigdevice.\n\
         It is configured: its plugin generated its files.\n\
         Its trigger file is phone.cfg; the phone has not been seen yet."
    );
}

#[test]
fn what_is_wrong_with_a_device_is_said() {
    let failure = Failure { reason: "it has no line".to_owned(), at: NOW };
    let quarantined = vec![status(PluginState::Quarantined, Some("five crashes in ten minutes"))];
    for (circumstances, said) in [
        (
            with_device(|device| device.plugin = None),
            "It has no plugin. Of the installed plugins a fits best: it supports its facts exactly.",
        ),
        (with_device(|device| device.plugin = Some("gone".to_owned())), "Its plugin gone is not installed"),
        (with_device(|device| device.config = None), "It has no config:"),
        (Circumstances { configs: vec![], ..Circumstances::default() }, "Its config own does not exist"),
        (
            with_device(|device| (device.configured, device.last_error) = (false, Some(failure))),
            "It is not configured since 1970-01-01T00:00:00.000Z: it has no line.\nIts trigger file is phone.cfg; \
             the phone is still given what was generated before.",
        ),
        (
            Circumstances { plugins: quarantined, ..Circumstances::default() },
            "quarantined: five crashes in ten minutes.",
        ),
        (
            Circumstances { namesake: Some("older"), ..Circumstances::default() },
            "The older device older has the same MAC address",
        ),
        (with_device(|device| device.trigger_path = None), "Its plugin names no file whose fetch"),
    ] {
        let verdict = circumstances.verdict();
        assert!(verdict.contains(said), "{said}: {verdict}");
    }
}

#[test]
fn other_plugins_are_compared() {
    let (exact, complete, unlikely) =
        (Some(Support::Exact), Some(Support::Complete), Some(Support::Improbable));
    for (circumstances, said) in [
        (
            with_supports(Some("a"), &[("a", exact), ("b", complete), ("c", unlikely)]),
            "exactly; b only completely, in another firmware version.\n",
        ),
        (
            with_supports(Some("b"), &[("a", complete), ("b", exact)]),
            "firmware version; b exactly.\nb supports its facts better: it takes over when",
        ),
        (with_supports(None, &[("a", None)]), "a, which cannot be asked now"),
        (with_supports(None, &[("a", unlikely)]), "a, which probably does not support its facts.\n"),
    ] {
        let verdict = circumstances.verdict();
        assert!(verdict.contains(said), "{said}: {verdict}");
    }
    let mut assigned = with_supports(Some("b"), &[("a", complete), ("b", exact)]);
    assigned.device.provenance.plugin_assigned = true;
    assert!(assigned.verdict().contains("an administrator chose its plugin"));
}

#[test]
fn a_plugin_that_does_not_run_said_nothing() {
    let choice = choice(Some("b"), &[("a", Some(Support::None)), ("b", Some(Support::Complete))]);
    let plugins = vec![status(PluginState::Backoff, None)];
    let verdict = Circumstances { plugins, choice, ..Circumstances::default() }.verdict();
    assert!(verdict.starts_with("It is served by a, which cannot be asked now"), "{verdict}");
    assert!(!verdict.contains("better"), "{verdict}");
}

#[test]
fn it_is_said_what_the_phone_has() {
    for (fetched, said) in [
        (None, "but not for this one yet"),
        (Some(3), "it last fetched revision 3 of 4: it is outdated"),
        (Some(4), "revision 4, the latest: it is current"),
    ] {
        let verdict = Circumstances { presence: Some(seen(fetched)), ..Circumstances::default() }.verdict();
        assert!(verdict.contains(said), "{said}: {verdict}");
        assert!(
            verdict.ends_with(
                "It was last seen at 1970-01-01T00:00:00.000Z: TFTP phone.cfg, answered with: file."
            )
        );
    }
}

#[test]
fn a_stranger_is_told_what_it_lacks() {
    let info = DeviceInfo { mac: "00:08:5d:23:74:29".parse().ok(), ..DeviceInfo::default() };
    let waiting = WaitingDevice {
        id: "w".to_owned(),
        info: info.clone(),
        first_seen: NOW,
        last_seen: NOW + Duration::from_secs(1),
    };
    let choice = choice(None, &[("a", Some(Support::Unknown))]);
    let unknown = Unknown {
        info: &info,
        retriever: Retriever::Default,
        waiting: None,
        refusal: Some("too many new devices from its network"),
        choice: &choice,
        hinting: &[],
        template: None,
    };
    assert_eq!(
        of_stranger(&unknown).join("\n"),
        "No device has this MAC address: it would be created when it first asks for a file (retriever = default).\n\
         Its last request got it no record: too many new devices from its network.\n\
         Which plugin would serve it is known when it asks for a file.\n\
         It would get no config, and so nothing would be generated for it: no config has the role autocreate and a \
         line sip_lines.1."
    );
    let sentences = of_stranger(&Unknown { waiting: Some(&waiting), refusal: None, ..unknown });
    assert!(
        sentences[0].ends_with("it waits for approval since 1970-01-01T00:00:00.000Z, as w."),
        "{sentences:?}"
    );
}
