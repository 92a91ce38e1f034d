//! The head of a `plugin.toml`: what the core must know before any code of the plugin runs.
//!
//! Keys that only the plugin's own engine understands are left to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use provd_plugin_runner::declarative::reference::schema_of;
use provd_proto::negotiation::{API_MAJOR, Refusal};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::needs::NeedsEntry;
use crate::domain::device::check_id;
use crate::domain::sandbox::Needs;

/// How long a plugin may take to become ready unless it says otherwise, and at most.
const START_DEADLINE: Duration = Duration::from_secs(10);
const LONGEST_START_DEADLINE: Duration = Duration::from_mins(1);

/// The head of a `plugin.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Installable plugins in this folder: its `id`, or the ids of its targets.
    pub ids: Vec<String>,
    /// Version of the plugin itself.
    pub version: String,
    /// One line for an administrator.
    pub description: String,
    /// What runs it.
    pub engine: Engine,
    /// How long it may take to become ready.
    pub start_deadline: Duration,
    /// What it asks for beyond what every plugin has.
    pub needs: Needs,
}

/// What runs a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// provd's own runner: the plugin is data.
    Declarative,
    /// A program and its arguments.
    Program(Vec<String>),
    /// Python, with the SDK that comes with provd: `plugin.py` in its folder.
    Python,
    /// The host of plugins of wazo-provd.
    WazoProvd,
}

/// Engines that are chosen by their name.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum NamedEngine {
    Python,
    WazoProvd,
}

/// Why a folder is no plugin.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not understood.
    #[error("{path}: {why}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with its line where it has one.
        why: String,
    },
}

/// What provd itself reads. The keys of a plugin's own engine may stand beside these.
#[derive(Deserialize, JsonSchema)]
struct Head {
    /// Major version of the plugin contract: 1.
    api: u32,
    /// Version of the plugin itself, such as `1.0.0`. Change it with every release.
    version: String,
    /// What it is, in one line for an administrator.
    #[serde(default)]
    description: String,
    /// Id of the plugin. A folder that holds several has a `[[target]]` for each instead.
    id: Option<String>,
    #[serde(default)]
    target: Vec<Target>,
    /// Program and its arguments. With a slash it is in the folder of the plugin; without, it is looked for in `PATH`.
    command: Option<Vec<String>>,
    /// What runs it instead of a program of its own: `python`, which is Python with provd's SDK, runs the file `plugin.py`;
    /// `wazo-provd` runs a plugin of that system, with an `entry.py`.
    engine: Option<NamedEngine>,
    /// How long the process may take to become ready, `1s` to `60s`. Absent: 10 seconds.
    start_deadline: Option<String>,
    #[serde(default)]
    needs: NeedsEntry,
}

/// One of several plugins in the folder.
#[derive(Deserialize, JsonSchema)]
struct Target {
    /// Id of the plugin.
    id: String,
}

/// The JSON Schema (draft 7) of what provd itself reads of a `plugin.toml`.
pub fn schema() -> Value {
    schema_of::<Head>()
}

impl Manifest {
    /// Reads `plugin.toml` in a folder.
    pub fn read(folder: &Path) -> Result<Manifest, ManifestError> {
        let path = folder.join("plugin.toml");
        let text = std::fs::read_to_string(&path)
            .map_err(|cause| ManifestError::Unreadable { path: path.clone(), cause })?;
        Manifest::parse(&text).map_err(|why| ManifestError::Invalid { path, why })
    }

    /// Reads the text of a `plugin.toml`.
    pub fn parse(text: &str) -> Result<Manifest, String> {
        let head: Head = toml::from_str(text).map_err(|error| error.to_string())?;
        if head.api != API_MAJOR {
            return Err(Refusal::Major { plugin: head.api, core: API_MAJOR }.to_string());
        }
        let ids: Vec<String> =
            head.id.into_iter().chain(head.target.into_iter().map(|target| target.id)).collect();
        if ids.is_empty() {
            return Err("expected an `id`, or at least one [[target]] with one".to_owned());
        }
        for id in &ids {
            check_id(id).map_err(|why| format!("id `{id}`: {why}"))?;
        }
        let engine = match (head.command, head.engine) {
            (None, None) => Engine::Declarative,
            (Some(command), None) if command.is_empty() => {
                return Err("command: expected a program and its arguments".to_owned());
            }
            (Some(command), None) => Engine::Program(command),
            (None, Some(NamedEngine::Python)) => Engine::Python,
            (None, Some(NamedEngine::WazoProvd)) => Engine::WazoProvd,
            (Some(_), Some(_)) => return Err("engine: a plugin with a command has none".to_owned()),
        };
        let start_deadline = head.start_deadline.as_deref().map_or(Ok(START_DEADLINE), seconds)?;
        Ok(Manifest {
            ids,
            version: head.version,
            description: head.description,
            engine,
            start_deadline,
            needs: head.needs.into(),
        })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').and_then(|digits| digits.parse().ok()).map(Duration::from_secs);
    seconds
        .filter(|deadline| !deadline.is_zero() && *deadline <= LONGEST_START_DEADLINE)
        .ok_or_else(|| format!("start_deadline: `{text}` is not between \"1s\" and \"60s\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_lists_its_targets() {
        let manifest = Manifest::parse(
            "api = 1\nfamily = 'aastra'\nversion = '1.0.0'\n[[target]]\nid = 'aastra-1'\nfirmware = '1'\n[[target]]\nid = 'aastra-2'",
        )
        .unwrap();
        assert_eq!(manifest.ids, ["aastra-1", "aastra-2"]);
        assert_eq!((manifest.engine, manifest.start_deadline), (Engine::Declarative, START_DEADLINE));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let why = |text: &str| Manifest::parse(text).unwrap_err();
        assert!(why("api = 2\nversion = '1'\nid = 'a'").contains("upgrade provd"));
        assert!(why("api = 1\nversion = '1'").contains("[[target]]"));
        assert!(why("api = 1\nversion = '1'\nid = '../a'").contains("../a"));
        assert!(why("api = 1\nversion = '1'\nid = 'a'\nstart_deadline = '2m'").contains("60s"));
        assert!(why("api = 'one'\nversion = '1'").contains("line 1"));
        assert!(why("api = 1\nversion = '1'\nid = 'a'\nengine = 'perl'").contains("perl"));
        assert!(
            why("api = 1\nversion = '1'\nid = 'a'\nengine = 'python'\ncommand = ['a']").contains("engine")
        );
    }
}
