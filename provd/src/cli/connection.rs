//! Which server a command talks to, and the token it shows: from flags, the environment, or the server's data directory.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value;

use super::failure::Failure;
use crate::domain::reachable::reachable;

/// Where a server listens unless it, or the administrator, says otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:8666";
/// File in the data directory in which a running server says where it listens.
const LISTENING: &str = "listening.json";
/// File in the data directory that holds the administrator's token.
const TOKEN: &str = "admin.token";

/// Options of all commands that talk to a server.
#[derive(Args)]
pub struct Connection {
    /// Where the server's REST interface is [default: as listening.json in the data directory says, else port 8666 of
    /// this machine]
    #[arg(long, global = true, env = "PROVD_URL", value_name = "URL", help_heading = "Connection")]
    url: Option<String>,

    /// A token that permits it; other users of this machine can see it in a flag, prefer the environment [default:
    /// admin.token in the data directory]
    #[arg(
        long,
        global = true,
        env = "PROVD_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Connection"
    )]
    token: Option<String>,

    /// The server's data directory
    #[arg(
        long,
        global = true,
        env = "PROVD_DATA_DIR",
        default_value = "./provd-data",
        value_name = "DIR",
        help_heading = "Connection"
    )]
    data_dir: PathBuf,

    /// Print a JSON document instead of a table or a sentence
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// The same options where `--url` means something else: there it is `--api-url`.
#[derive(Debug)]
pub(super) struct ApiConnection(pub(super) Connection);

impl Args for ApiConnection {
    fn augment_args(command: Command) -> Command {
        Connection::augment_args(command).mut_arg("url", |url| url.long("api-url"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Connection::augment_args_for_update(command).mut_arg("url", |url| url.long("api-url"))
    }
}

impl FromArgMatches for ApiConnection {
    fn from_arg_matches(matches: &ArgMatches) -> Result<ApiConnection, clap::Error> {
        Connection::from_arg_matches(matches).map(ApiConnection)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Connection {
    /// The server's URL without the `/0.2` that all its paths begin with, and without a slash at its end.
    pub(super) fn url(&self) -> Result<String, Failure> {
        let stated = self.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
        let url = match stated {
            Some(url) => url.to_owned(),
            None => listening_at(&self.data_dir.join(LISTENING))?.unwrap_or_else(|| DEFAULT_URL.to_owned()),
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Failure::Usage(format!(
                "the URL of the server must begin with http:// or https://, not `{url}`"
            )));
        }
        let url = url.trim_end_matches('/');
        Ok(url.strip_suffix("/0.2").unwrap_or(url).trim_end_matches('/').to_owned())
    }

    /// The administrator's token.
    pub(super) fn token(&self) -> Result<String, Failure> {
        if let Some(token) = self.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) {
            return Ok(token.to_owned());
        }
        let path = self.data_dir.join(TOKEN);
        let no_token = |why: String| Failure::NoToken { path: path.clone(), why };
        let token = fs::read_to_string(&path).map_err(|error| no_token(error.to_string()))?;
        match token.trim() {
            "" => Err(no_token("the file is empty".to_owned())),
            token => Ok(token.to_owned()),
        }
    }
}

impl Connection {
    /// The server's data directory, if it is on this machine.
    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// What a server that runs on this machine says of itself; nothing if none does, or another one is talked to.
    pub(super) fn listening(&self) -> Option<Value> {
        let text = fs::read_to_string(self.data_dir.join(LISTENING)).ok()?;
        let document: Value = serde_json::from_str(&text).ok()?;
        let own = listening_at(&self.data_dir.join(LISTENING)).ok()??;
        (self.url().ok()? == own).then_some(document)
    }
}

/// Shows no token.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Connection { url, data_dir, json, .. } = self;
        f.debug_struct("Connection")
            .field("url", url)
            .field("data_dir", data_dir)
            .field("json", json)
            .finish_non_exhaustive()
    }
}

/// What a running server says of itself: `{"api": "127.0.0.1:8666", …}`. Nothing if it never ran here.
fn listening_at(path: &Path) -> Result<Option<String>, Failure> {
    let wrong = |why: String| Failure::File { path: path.to_owned(), why };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let document: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let api = document.get("api").and_then(Value::as_str);
    let api = api.ok_or_else(|| wrong("it does not say where `api` listens".to_owned()))?;
    if api.starts_with("http") {
        return Ok(Some(api.to_owned()));
    }
    let address: SocketAddr =
        api.parse().map_err(|_| wrong(format!("`api`: `{api}` is no address with a port")))?;
    Ok(Some(format!("http://{}", reachable(address))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(data_dir: &Path, url: Option<&str>, token: Option<&str>) -> Connection {
        Connection {
            url: url.map(str::to_owned),
            token: token.map(str::to_owned),
            data_dir: data_dir.to_owned(),
            json: false,
        }
    }

    #[test]
    fn what_is_stated_wins() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join(LISTENING), r#"{"api": "127.0.0.1:1"}"#).unwrap();
        fs::write(data.path().join(TOKEN), "from the file\n").unwrap();
        let stated = connection(data.path(), Some("http://provd:8666/"), Some("stated"));
        assert_eq!(stated.url().unwrap(), "http://provd:8666");
        assert_eq!(stated.token().unwrap(), "stated");
        let shown_at_start = connection(data.path(), Some("http://provd:8666/0.2/"), None);
        assert_eq!(shown_at_start.url().unwrap(), "http://provd:8666");
        let found = connection(data.path(), None, Some(""));
        assert_eq!(
            (found.url().unwrap(), found.token().unwrap()),
            ("http://127.0.0.1:1".into(), "from the file".into())
        );
    }

    #[test]
    fn without_a_data_directory_there_is_a_url_but_no_token() {
        let nowhere = connection(Path::new("/nonexistent"), None, None);
        assert_eq!(nowhere.url().unwrap(), DEFAULT_URL);
        let failure = nowhere.token().unwrap_err();
        assert_eq!(failure.exit_code(), 4);
        assert!(
            failure.to_string().contains("/nonexistent/admin.token")
                && failure.to_string().contains("PROVD_TOKEN")
        );
    }

    #[test]
    fn a_wildcard_address_is_reached_at_home() {
        let data = tempfile::tempdir().unwrap();
        for (said, url) in [
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:80", "http://[::1]:80"),
            ("192.0.2.1:80", "http://192.0.2.1:80"),
            ("http://192.0.2.1:80", "http://192.0.2.1:80"),
        ] {
            fs::write(data.path().join(LISTENING), format!(r#"{{"api": "{said}"}}"#)).unwrap();
            assert_eq!(connection(data.path(), None, None).url().unwrap(), url);
        }
        for wrong in ["", "{}", r#"{"api": 80}"#, r#"{"api": "80"}"#] {
            fs::write(data.path().join(LISTENING), wrong).unwrap();
            let failure = connection(data.path(), None, None).url().unwrap_err();
            assert!(failure.to_string().contains(LISTENING), "{failure}");
        }
    }

    #[test]
    fn http_is_spoken_with_and_without_tls() {
        let url = |text| connection(Path::new("/"), Some(text), None).url();
        assert_eq!(url("https://provd/").unwrap(), "https://provd");
        assert_eq!(url("ftp://provd").unwrap_err().exit_code(), 2);
    }

    #[test]
    fn debug_output_shows_no_token() {
        let shown = format!("{:?}", connection(Path::new("/"), None, Some("secret")));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
