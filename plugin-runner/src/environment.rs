//! Where a plugin process lives, as provd tells it through its environment. A process without that was started by hand:
//! it learns here what it is, and what is missing.

use std::ffi::OsString;
use std::path::PathBuf;

use provd_proto::environment as names;
use provd_proto::negotiation::API_MAJOR;

/// What provd tells a plugin process. Its `Debug` form keeps the token to itself.
#[derive(Clone)]
pub struct Environment {
    /// Path of the Unix socket to bind.
    pub socket: PathBuf,
    /// Identifier of the plugin.
    pub id: String,
    /// The plugin's own folder; read-only.
    pub folder: PathBuf,
    /// The administrator's folder of overrides; may be left out, and may not exist.
    pub overrides: Option<PathBuf>,
    /// A folder the plugin may write.
    pub scratch: PathBuf,
    /// What every call must carry. SECRET.
    pub token: String,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Environment { socket, id, folder, overrides, scratch, token: _ } = self;
        let mut shown = f.debug_struct("Environment");
        shown.field("socket", socket).field("id", id).field("folder", folder);
        shown.field("overrides", overrides).field("scratch", scratch).finish_non_exhaustive()
    }
}

/// The process was not started as a plugin. A caller prints this and exits with status 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// A variable is missing, empty or not UTF-8.
    #[error(
        "this program is a plugin of the phone provisioning server provd, which starts it and asks it about phones; \
         it does nothing by itself ({0} is not set)"
    )]
    Missing(&'static str),
    /// provd speaks another major version of the contract.
    #[error("this plugin was written for plugin API {API_MAJOR}, but the provd that started it speaks `{0}`")]
    OtherApi(String),
}

impl Environment {
    /// Reads the environment of this process.
    pub fn from_process() -> Result<Environment, EnvironmentError> {
        Environment::read(std::env::var_os)
    }

    /// Reads the variables that `get` knows.
    pub fn read(get: impl Fn(&'static str) -> Option<OsString>) -> Result<Environment, EnvironmentError> {
        let stated = |name| get(name).filter(|value| !value.is_empty());
        let path = |name| stated(name).map(PathBuf::from).ok_or(EnvironmentError::Missing(name));
        let text = |name| {
            let value = stated(name).and_then(|value| value.into_string().ok());
            value.ok_or(EnvironmentError::Missing(name))
        };
        let environment = Environment {
            socket: path(names::SOCKET)?,
            id: text(names::ID)?,
            folder: path(names::DIR)?,
            overrides: stated(names::OVERRIDES).map(PathBuf::from),
            scratch: path(names::SCRATCH)?,
            token: text(names::TOKEN)?,
        };
        let api = text(names::API)?;
        if api.parse() == Ok(API_MAJOR) { Ok(environment) } else { Err(EnvironmentError::OtherApi(api)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(name: &'static str) -> Option<OsString> {
        let value = if name == names::API { "1".to_owned() } else { format!("/{name}") };
        name.starts_with("PROVD_").then(|| value.into())
    }

    #[test]
    fn a_complete_environment_is_read_and_the_token_not_shown() {
        let environment = Environment::read(complete).unwrap();
        assert_eq!(environment.socket, PathBuf::from("/PROVD_PLUGIN_SOCKET"));
        assert!(!format!("{environment:?}").contains("TOKEN"));
    }

    #[test]
    fn what_is_missing_is_named_with_what_this_program_is() {
        for missing in [names::SOCKET, names::ID, names::DIR, names::SCRATCH, names::TOKEN, names::API] {
            let error = Environment::read(|name| complete(name).filter(|_| name != missing)).unwrap_err();
            assert_eq!(error, EnvironmentError::Missing(missing));
            let text = error.to_string();
            assert!(text.contains("a plugin of the phone provisioning server provd"), "{text}");
            assert!(text.contains(missing), "{text}");
        }
    }

    #[test]
    fn overrides_may_be_left_out_and_another_api_may_not_be() {
        let without = Environment::read(|name| complete(name).filter(|_| name != names::OVERRIDES)).unwrap();
        assert_eq!(without.overrides, None);
        let other =
            Environment::read(|name| if name == names::API { Some("2".into()) } else { complete(name) });
        assert_eq!(other.unwrap_err(), EnvironmentError::OtherApi("2".to_owned()));
    }
}
