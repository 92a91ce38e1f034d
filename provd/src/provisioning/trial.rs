//! Trying a version of a plugin out on the devices it would have, before it takes over: what it would change, and whether it
//! can be let. Nothing is stored, and phones notice nothing.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::Provisioning;
use super::installation::{InstallationError, PlacedPlugin, Terms};
use super::many::PARALLEL;
use super::operations::Worker;
use super::plugins::{PluginAdministration, Trial};
use super::store::StoreError;
use crate::domain::plugin::{GeneratedFile, StoredFile};
use crate::domain::raw_config::RawConfig;
use crate::domain::secrets::Secrets;

/// Devices whose changes are shown; all are counted.
const SHOWN: usize = 20;
/// Longest difference of one file that is shown, in bytes.
const LONGEST_DIFF: usize = 8 * 1024;

/// What a version of a plugin does to the devices of another.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Findings {
    /// The version that was tried out.
    pub(super) version: String,
    /// Devices that have all they need to be configured.
    pub(super) devices: u64,
    /// Those whose files stay as they are.
    pub(super) same: u64,
    /// Those that get other files.
    pub(super) changed: u64,
    /// Those that are configured, and that this version cannot configure.
    pub(super) lost: u64,
    /// Those that are not configured, and that this version can configure.
    pub(super) mended: u64,
    /// What changes for the first of them.
    pub(super) changes: Vec<ChangedDevice>,
}

/// A device that gets other files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ChangedDevice {
    /// Its identifier.
    pub(super) device: String,
    /// Those that change.
    pub(super) files: Vec<ChangedFile>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ChangedFile {
    /// Relative.
    pub(super) path: String,
    /// `changed`, `added` or `removed`.
    pub(super) change: &'static str,
    /// As `diff -U0` has it, with `****` for secrets; null if it is binary or too long, or not `changed`.
    pub(super) diff: Option<String>,
}

/// What it does to one device.
enum Effect {
    /// It lacks something that no plugin gives it.
    None,
    Same,
    Changed(Vec<ChangedFile>),
    Mended,
    Lost(String),
}

impl Provisioning {
    /// Tries a version out on all devices of its plugin, and says what it would do; refused if it cannot be started, or
    /// cannot configure more of the devices that are configured than is tolerated.
    pub(super) async fn try_out(
        &self,
        plugins: &dyn PluginAdministration,
        placed: &PlacedPlugin,
        terms: Terms,
        worker: &Worker,
    ) -> Result<Findings, InstallationError> {
        let trial = plugins.try_out(placed).await?;
        let tried = self.try_on_devices(&*trial, placed, worker).await;
        trial.end().await;
        let (findings, first_loss) = tried?;
        let configured = findings.same + findings.changed + findings.lost;
        if findings.lost * 100 > configured * u64::from(terms.tolerated_percent) {
            return Err(InstallationError::Unfit {
                plugin: placed.id.clone(),
                version: placed.version.clone(),
                why: format!(
                    "it cannot configure {} of {configured} devices that are configured, and {} % are tolerated; the first: {}",
                    findings.lost,
                    terms.tolerated_percent,
                    first_loss.unwrap_or_default()
                ),
            });
        }
        Ok(findings)
    }

    async fn try_on_devices(
        &self,
        trial: &dyn Trial,
        placed: &PlacedPlugin,
        worker: &Worker,
    ) -> Result<(Findings, Option<String>), InstallationError> {
        if let Err(error) = trial.configure_common(&self.base_raw_config()).await {
            return Err(InstallationError::Unfit {
                plugin: placed.id.clone(),
                version: placed.version.clone(),
                why: format!("it cannot generate the files all its devices share: {error}"),
            });
        }
        let devices = self.store.devices_of_plugin(&placed.id).await?;
        worker.expect(devices.len() as u64);
        let mut findings = Findings { version: placed.version.clone(), ..Findings::default() };
        let mut first_loss = None;
        let mut effects = futures_util::stream::iter(devices)
            .map(async |id: String| {
                let effect = self.try_on(trial, &id).await?;
                worker.advance();
                Ok::<_, StoreError>((id, effect))
            })
            .buffered(PARALLEL);
        while let Some((id, effect)) = effects.try_next().await? {
            if let Effect::Lost(reason) = &effect {
                worker.failed(&id, reason);
                first_loss.get_or_insert_with(|| format!("{id}: {reason}"));
            }
            findings.count(id, effect);
        }
        Ok((findings, first_loss))
    }

    async fn try_on(&self, trial: &dyn Trial, id: &str) -> Result<Effect, StoreError> {
        let _place = self.places.acquire().await;
        let Some(device) = self.store.device(id).await? else { return Ok(Effect::None) };
        let Some(raw_config) = self.raw_config_if_complete(&device).await? else { return Ok(Effect::None) };
        let generated = match trial.configure(&device, &raw_config).await {
            Ok(configuration) => configuration.files,
            Err(error) if device.configured => return Ok(Effect::Lost(error.to_string())),
            Err(_) => return Ok(Effect::None),
        };
        if !device.configured {
            return Ok(Effect::Mended);
        }
        let changes = changes(&self.store.device_files(id).await?, &generated, &raw_config);
        Ok(if changes.is_empty() { Effect::Same } else { Effect::Changed(changes) })
    }
}

impl Findings {
    fn count(&mut self, device: String, effect: Effect) {
        match effect {
            Effect::None => return,
            Effect::Same => self.same += 1,
            Effect::Lost(_) => self.lost += 1,
            Effect::Mended => self.mended += 1,
            Effect::Changed(files) => {
                self.changed += 1;
                if self.changes.len() < SHOWN {
                    self.changes.push(ChangedDevice { device, files });
                }
            }
        }
        self.devices += 1;
    }
}

fn changes(stored: &[StoredFile], generated: &[GeneratedFile], raw_config: &RawConfig) -> Vec<ChangedFile> {
    let before: BTreeMap<&str, &[u8]> =
        stored.iter().map(|stored| (stored.file.path.as_str(), &*stored.file.content)).collect();
    let after: BTreeMap<&str, &[u8]> =
        generated.iter().map(|file| (file.path.as_str(), &*file.content)).collect();
    let file = |path: &str, change, diff| ChangedFile { path: path.to_owned(), change, diff };
    let mut changes = Vec::new();
    for (path, content) in &after {
        match before.get(path) {
            None => changes.push(file(path, "added", None)),
            Some(old) if old != content => {
                changes.push(file(path, "changed", difference(old, content, raw_config)));
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    changes.extend(gone.map(|path| file(path, "removed", None)));
    changes
}

/// The lines that differ, without what is secret in them.
fn difference(old: &[u8], new: &[u8], raw_config: &RawConfig) -> Option<String> {
    let (old, new) = (std::str::from_utf8(old).ok()?, std::str::from_utf8(new).ok()?);
    let mut diff = String::new();
    for change in TextDiff::from_lines(old, new).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        diff.push(sign);
        diff.push_str(change.value().trim_end_matches(['\r', '\n']));
        diff.push('\n');
        if diff.len() > LONGEST_DIFF {
            return None;
        }
    }
    Some(Secrets::of(raw_config.document())?.hide(&diff))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_shows_what_changes_and_no_secret() {
        let document = json!({"sip_lines": {"1": {"username": "u100", "password": "pass4711"}}, "admin_password": "4711"});
        let raw_config = RawConfig::new(document.as_object().unwrap().clone());
        let old = b"same\nuser u100\npassword: pass4711\n";
        let new = b"same\nuser=u100\npassword=pass4711 4711\n";
        let diff = difference(old, new, &raw_config).unwrap();
        assert_eq!(diff, "-user u100\n-password: ****\n+user=u100\n+password=**** ****\n");
        assert_eq!(difference(b"\xff", new, &raw_config), None);
    }
}
