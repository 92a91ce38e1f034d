//! What plugins are kept from, and which of them have what beyond it.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use super::file::SettingsError;
use crate::domain::byte_size::ByteSize;
use crate::domain::sandbox::{DEFAULT_MEMORY, SandboxMode, SandboxPolicy};

/// Flags about the walls around plugins. Each is also an environment variable and a key of the configuration file.
#[derive(Debug, Clone, Default, Args)]
pub struct SandboxArguments {
    /// Walls around plugins: `required` starts none that cannot be walled in completely, `best-effort` does what the kernel
    /// can, `off` does without [default: best-effort]
    #[arg(long, env = "PROVD_SANDBOX", value_name = "MODE")]
    pub sandbox: Option<String>,
    /// Plugins that may use the network if they ask for it, with commas between them [default: none]
    #[arg(long, env = "PROVD_SANDBOX_NETWORK", value_name = "ID", value_delimiter = ',')]
    pub sandbox_network: Vec<String>,
    /// Plugins that may start processes if they ask for it, with commas between them [default: none]
    #[arg(long, env = "PROVD_SANDBOX_PROCESSES", value_name = "ID", value_delimiter = ',')]
    pub sandbox_processes: Vec<String>,
    /// Most memory a plugin may have, such as `512 MiB` [default: 1 GiB]
    #[arg(long, env = "PROVD_SANDBOX_MEMORY", value_name = "SIZE")]
    pub sandbox_memory: Option<ByteSize>,
    /// Folders that plugins may also read and execute from, such as that of an interpreter in /opt, with commas between
    /// them [default: none]
    #[arg(long, env = "PROVD_SANDBOX_READABLE", value_name = "DIR", value_delimiter = ',')]
    pub sandbox_readable: Vec<PathBuf>,
}

/// The table `[sandbox]` of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SandboxFile {
    mode: Option<String>,
    #[serde(default)]
    network: Vec<String>,
    #[serde(default)]
    processes: Vec<String>,
    memory: Option<ByteSize>,
    #[serde(default)]
    readable: Vec<PathBuf>,
}

/// Resolves flags over the file over the defaults.
pub(super) fn resolve(
    arguments: SandboxArguments,
    file: SandboxFile,
) -> Result<SandboxPolicy, SettingsError> {
    let mode = arguments.sandbox.or(file.mode).map_or(Ok(SandboxMode::default()), |mode| mode.parse());
    let readable = either(arguments.sandbox_readable, file.readable);
    if let Some(folder) = readable.iter().find(|folder| !folder.is_absolute()) {
        let why = format!("`{}`: expected an absolute path", folder.display());
        return Err(SettingsError::Value { key: "readable", why });
    }
    Ok(SandboxPolicy {
        mode: mode.map_err(|why| SettingsError::Value { key: "sandbox", why: format!("{why}") })?,
        network: either(arguments.sandbox_network, file.network).into_iter().collect(),
        processes: either(arguments.sandbox_processes, file.processes).into_iter().collect(),
        memory: arguments.sandbox_memory.or(file.memory).unwrap_or(DEFAULT_MEMORY),
        readable,
    })
}

fn either<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
    if flags.is_empty() { file } else { flags }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> SandboxFile {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn flags_win_over_the_file_and_nothing_is_granted_by_default() {
        let nothing = resolve(SandboxArguments::default(), SandboxFile::default()).unwrap();
        assert_eq!(nothing, SandboxPolicy::default());
        let written =
            "mode = 'required'\nnetwork = ['a']\nprocesses = ['b']\nmemory = '2 GiB'\nreadable = ['/opt/x']";
        let arguments = SandboxArguments {
            sandbox: Some("off".to_owned()),
            sandbox_network: vec!["c".to_owned()],
            ..SandboxArguments::default()
        };
        let policy = resolve(arguments, file(written)).unwrap();
        assert_eq!((policy.mode, policy.memory), (SandboxMode::Off, ByteSize(2 << 30)));
        assert!(policy.network.contains("c") && !policy.network.contains("a"));
        assert!(policy.processes.contains("b") && policy.readable == [PathBuf::from("/opt/x")]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let why = |text: &str| resolve(SandboxArguments::default(), file(text)).unwrap_err().to_string();
        assert!(why("mode = 'on'").contains("best-effort"));
        assert!(why("readable = ['opt']").contains("absolute"));
        let error = toml::from_str::<SandboxFile>("memory = '1 GB'").unwrap_err().to_string();
        assert!(error.contains("GiB"), "{error}");
    }
}
