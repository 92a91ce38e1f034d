//! Which way events go: through which folder, to which server, with which token.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use clap::Args;
use thiserror::Error;

use super::queue::Queue;

/// Variable that holds the token where no file does.
const TOKEN: &str = "PROVD_TOKEN";

/// Why there is no way to the server.
#[derive(Debug, Error)]
pub(super) enum NoRoute {
    /// The URL is none that is spoken.
    #[error("the URL of the server must begin with http:// or https://, not `{0}`")]
    Url(String),
    /// There is neither a file nor a variable with a token.
    #[error("no token: say with --token-file where the server's admin.token, or a copy, is")]
    NoToken,
    /// The file with the token cannot be read, or is empty.
    #[error("no token: {}: {why}", path.display())]
    TokenFile { path: PathBuf, why: String },
}

/// Options of everything that has to do with events on their way.
#[derive(Clone, Args)]
#[command(next_help_heading = "On the way to the server")]
pub(super) struct Route {
    /// Folder in which events wait until the server took them; whoever calls the hook must be able to write there
    #[arg(long, env = "PROVD_DHCP_QUEUE", default_value = "/var/spool/provd-dhcp", value_name = "DIR")]
    queue: PathBuf,

    /// Where the server's REST interface is
    #[arg(long, env = "PROVD_URL", default_value = "http://127.0.0.1:8666", value_name = "URL")]
    url: String,

    /// File with the server's token, for example a copy of its admin.token [default: what `PROVD_TOKEN` holds]
    #[arg(long, env = "PROVD_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl Route {
    /// The folder in which events wait.
    pub(super) fn queue(&self) -> Queue {
        // A path that cannot be made absolute cannot be written either: the queue says so.
        Queue::new(&std::path::absolute(&self.queue).unwrap_or_else(|_| self.queue.clone()))
    }

    /// The URL of the server, without a slash at its end.
    pub(super) fn url(&self) -> Result<&str, NoRoute> {
        let url = self.url.trim().trim_end_matches('/');
        if url.starts_with("http://") || url.starts_with("https://") {
            Ok(url)
        } else {
            Err(NoRoute::Url(url.to_owned()))
        }
    }

    /// The token as it is now: it may be corrected while events wait.
    pub(super) fn token(&self) -> Result<String, NoRoute> {
        let Some(path) = &self.token_file else {
            let token = std::env::var(TOKEN).unwrap_or_default();
            return if token.trim().is_empty() { Err(NoRoute::NoToken) } else { Ok(token.trim().to_owned()) };
        };
        let wrong = |why: String| NoRoute::TokenFile { path: path.clone(), why };
        let token = fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        match token.trim() {
            "" => Err(wrong("the file is empty".to_owned())),
            token => Ok(token.to_owned()),
        }
    }

    /// The same for a process with another working directory. What the environment says it inherits.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["--queue".into(), self.queue().folder().into()];
        arguments.extend(["--url".into(), self.url.clone().into()]);
        if let Some(path) = &self.token_file {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            arguments.extend(["--token-file".into(), path.into()]);
        }
        arguments
    }
}

/// Shows no password that a URL may hold.
impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Route { queue, token_file, .. } = self;
        f.debug_struct("Route").field("queue", queue).field("token_file", token_file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(url: &str, token_file: Option<PathBuf>) -> Route {
        Route { queue: "spool".into(), url: url.to_owned(), token_file }
    }

    #[test]
    fn only_plain_http_is_spoken() {
        assert_eq!(route("http://provd:8666/", None).url().unwrap(), "http://provd:8666");
        let error = route("ftp://provd", None).url().unwrap_err();
        assert!(error.to_string().contains("ftp://provd"), "{error}");
    }

    #[test]
    fn a_token_comes_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let route = route("http://provd", Some(path.clone()));
        assert!(route.token().unwrap_err().to_string().contains("token"));
        fs::write(&path, " \n").unwrap();
        assert!(route.token().unwrap_err().to_string().contains("empty"));
        fs::write(&path, "secret\n").unwrap();
        assert_eq!(route.token().unwrap(), "secret");
        assert!(!format!("{route:?}").contains("secret"));
    }

    #[test]
    fn what_is_handed_on_holds_from_any_folder() {
        let arguments = route("http://provd", Some("token".into())).arguments();
        for (option, value) in arguments.iter().zip(&arguments[1..]) {
            let is_path = option == "--queue" || option == "--token-file";
            assert!(!is_path || std::path::Path::new(value).is_absolute(), "{arguments:?}");
        }
    }
}
