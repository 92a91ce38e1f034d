//! Which server is asked, and where: as stated, else as a server on this machine says of itself.

use std::cell::OnceCell;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

use super::Problem;
use super::arguments::SimulateCommand;
use crate::domain::reachable::reachable;

/// File in the data directory in which a running server says where it listens.
const LISTENING: &str = "listening.json";
/// File in the data directory that holds the administrator's token.
const TOKEN: &str = "admin.token";
/// Longest time a name may take to become an address.
const LOOKUP: Duration = Duration::from_secs(10);
const HTTP_PORT: u16 = 80;
const TFTP_PORT: u16 = 69;

/// Where phones ask over HTTP.
#[derive(Debug, Clone)]
pub(super) struct HttpPlace {
    pub(super) address: SocketAddr,
    /// What phones call it.
    pub(super) host: String,
    /// What all paths begin with, without a slash at the end.
    pub(super) prefix: String,
}

/// The places of one server.
#[derive(Debug)]
pub(super) struct Target<'a> {
    command: &'a SimulateCommand,
    listening: OnceCell<Value>,
}

impl Target<'_> {
    pub(super) fn new(command: &SimulateCommand) -> Target<'_> {
        Target { command, listening: OnceCell::new() }
    }

    pub(super) async fn http(&self) -> Result<HttpPlace, Problem> {
        if let Some(url) = &self.command.url {
            return stated_http(url).await;
        }
        let address = self.own("http", "--url")?;
        Ok(HttpPlace { address, host: address.to_string(), prefix: String::new() })
    }

    pub(super) async fn tftp(&self) -> Result<SocketAddr, Problem> {
        match &self.command.tftp {
            Some(place) => stated_tftp(place).await,
            None => self.own("tftp", "--tftp"),
        }
    }

    /// URL of the REST interface without `/0.2`, and a token.
    pub(super) fn api(&self) -> Result<(String, String), Problem> {
        let stated = self.command.api_url.as_deref().map(str::trim).filter(|url| !url.is_empty());
        let url = match stated {
            Some(url) => url.to_owned(),
            None => format!("http://{}", self.own("api", "--api-url")?),
        };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Problem::Usage(format!(
                "--api-url must begin with http:// or https://, not `{url}`"
            )));
        }
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix("/0.2").unwrap_or(url).trim_end_matches('/').to_owned();
        Ok((url, self.token()?))
    }

    fn token(&self) -> Result<String, Problem> {
        if let Some(token) = self.command.token.as_deref().map(str::trim).filter(|token| !token.is_empty()) {
            return Ok(token.to_owned());
        }
        let path = self.command.data_dir.join(TOKEN);
        let none = |why: String| {
            Problem::Usage(format!("no token in {}: {why}; set PROVD_TOKEN, or --data-dir", path.display()))
        };
        let token = fs::read_to_string(&path).map_err(|error| none(error.to_string()))?;
        let token = token.trim();
        if token.is_empty() { Err(none("the file is empty".to_owned())) } else { Ok(token.to_owned()) }
    }

    /// What a server on this machine says of itself.
    fn own(&self, key: &str, flag: &str) -> Result<SocketAddr, Problem> {
        let path = self.command.data_dir.join(LISTENING);
        let wrong = |why: String| {
            Problem::Usage(format!(
                "{}: {why}; is a server running there? Else say where it is with {flag}",
                path.display()
            ))
        };
        if self.listening.get().is_none() {
            let document = read(&path).map_err(wrong)?;
            // Nobody else sets it in between.
            let _ = self.listening.set(document);
        }
        let text = self.listening.get().and_then(|listening| listening.get(key)).and_then(Value::as_str);
        let address = text.and_then(|text| text.parse::<SocketAddr>().ok());
        address.map(reachable).ok_or_else(|| wrong(format!("it does not say where `{key}` listens")))
    }
}

fn read(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

async fn stated_http(text: &str) -> Result<HttpPlace, Problem> {
    let wrong = |why: &str| Problem::Usage(format!("--url {text}: {why}"));
    let url: Url = text.parse().map_err(|_| wrong("expected a URL such as http://provd:8667"))?;
    if url.scheme() != "http" {
        return Err(wrong(
            "phones are played over http:// only; where a proxy speaks TLS for provd, name provd itself",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(wrong("expected host, port and a path at most"));
    }
    let port = url.port().unwrap_or(HTTP_PORT);
    let host = url.host().ok_or_else(|| wrong("it names no host"))?;
    let address = match host {
        Host::Ipv4(ip) => SocketAddr::new(ip.into(), port),
        Host::Ipv6(ip) => SocketAddr::new(ip.into(), port),
        Host::Domain(name) => resolve(name, port).await?,
    };
    let host = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
    Ok(HttpPlace { address, host, prefix: url.path().trim_end_matches('/').to_owned() })
}

async fn stated_tftp(text: &str) -> Result<SocketAddr, Problem> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(address);
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, TFTP_PORT));
    }
    let wrong =
        || Problem::Usage(format!("--tftp {text}: expected an address or a name, and a port at most"));
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().map_err(|_| wrong())?),
        None => (text, TFTP_PORT),
    };
    resolve(name, port).await
}

async fn resolve(name: &str, port: u16) -> Result<SocketAddr, Problem> {
    let unknown = |why: String| Problem::Usage(format!("`{name}` has no address: {why}"));
    let found = timeout(LOOKUP, lookup_host((name, port))).await;
    let found = found.map_err(|_| unknown("nobody answered in time".to_owned()))?;
    let mut found = found.map_err(|error| unknown(error.to_string()))?;
    found.next().ok_or_else(|| unknown("there is none".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_read_as_they_are_usually_written() {
        let http = stated_http("http://127.0.0.1:8667/key/").await.unwrap();
        assert_eq!(
            (http.address.to_string().as_str(), http.host.as_str(), http.prefix.as_str()),
            ("127.0.0.1:8667", "127.0.0.1:8667", "/key")
        );
        assert_eq!(stated_http("http://[::1]").await.unwrap().address.to_string(), "[::1]:80");
        assert_eq!(stated_tftp("127.0.0.1").await.unwrap().to_string(), "127.0.0.1:69");
        assert_eq!(stated_tftp("127.0.0.1:6969").await.unwrap().to_string(), "127.0.0.1:6969");
        assert_eq!(stated_tftp("::1").await.unwrap().to_string(), "[::1]:69");
        for wrong in ["127.0.0.1:8667", "https://provd", "http://", "http://a?b=c", "http://user@a"] {
            assert!(stated_http(wrong).await.is_err(), "{wrong}");
        }
        assert!(stated_tftp("provd:tftp").await.is_err());
    }
}
