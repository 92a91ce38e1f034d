//! What is asked of the REST interface: leases are told, accounts come in and go.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use provd_proto::mac::Mac;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Problem;
use super::boot::End;
use super::verdict::{Answer, Received, Wrong};
use crate::tls;

const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
const JSON_LINES: &str = "application/jsonl";
/// Longest time until a connection is made.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest time until a lease has its effect, as a DHCP server's hook waits.
const LEASE: Duration = Duration::from_secs(30);
/// Longest time until a change is stored.
const CHANGE: Duration = Duration::from_mins(11);
/// Time between two looks at an operation.
const LOOK: Duration = Duration::from_millis(250);
/// Longest time in which an operation does not move.
const STILL: Duration = Duration::from_mins(5);
/// Most of what a server says that is repeated, in characters.
const SAID: usize = 300;

/// The REST interface, and the right to use it.
pub(super) struct Api {
    http: Client,
    url: String,
    token: String,
}

/// Shows no token.
impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Api {
    /// Nothing is sent yet.
    pub(super) fn new(url: String, token: String) -> Result<Api, Problem> {
        let unusable =
            |error: &dyn std::error::Error| Problem::Server(format!("HTTP cannot be spoken: {error}"));
        // The token is for this server alone.
        let http = tls::client().map_err(|error| unusable(&error))?.redirect(redirect::Policy::none());
        let http = http.connect_timeout(CONNECT).build().map_err(|error| unusable(&error))?;
        Ok(Api { http, url, token })
    }

    /// Tells of a lease. Options are bytes of Latin-1.
    pub(super) async fn lease(
        &self,
        ip: IpAddr,
        mac: Mac,
        options: &[(u8, String)],
    ) -> Result<Answer, Wrong> {
        let options: Vec<String> = options.iter().map(|(code, value)| option(*code, value)).collect();
        let info = json!({"op": "commit", "ip": ip, "mac": mac.to_string(), "options": options, "only_phones": true});
        let body = json!({ "dhcp_info": info }).to_string();
        let request = self.http.post(format!("{}/0.2/dev_mgr/dhcpinfo", self.url)).timeout(LEASE);
        let request = request.header("X-Auth-Token", &self.token).header(CONTENT_TYPE, MEDIA_TYPE).body(body);
        let response = request.send().await.map_err(|error| {
            if error.is_timeout() {
                return Wrong::Silence(LEASE.as_secs());
            }
            Wrong::NoConnection(std::io::Error::other(innermost(&error)))
        })?;
        let status = response.status();
        let end = if status.is_success() { End::File } else { End::Status(status.as_u16()) };
        Ok(Answer { end, file: Received::default(), again: None })
    }

    /// Takes in configs and devices that are new, all or none. Gives the ids of the devices, once they are configured.
    pub(super) async fn import(&self, lines: String) -> Result<Vec<String>, Problem> {
        let request = self.http.post(format!("{}/0.2/import?mode=create", self.url)).timeout(CHANGE);
        let request =
            request.header("X-Auth-Token", &self.token).header(CONTENT_TYPE, JSON_LINES).body(lines);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let location =
            response.headers().get(LOCATION).and_then(|path| path.to_str().ok()).map(str::to_owned);
        let document = document(self.checked(response, "accounts cannot be made").await?).await?;
        if let Some(path) = location {
            self.until_it_ends(&path).await?;
        }
        let changes = document["import"]["changes"].as_array().map_or(&[][..], Vec::as_slice);
        let devices = changes.iter().filter(|change| change["kind"] == "device");
        Ok(devices.filter_map(|change| Some(change["id"].as_str()?.to_owned())).collect())
    }

    /// Removes a document. One that is not there is as good as removed.
    pub(super) async fn remove(&self, path: &str) -> Result<(), Problem> {
        let response = self.ask(Method::DELETE, path).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        self.checked(response, "an account cannot be removed").await.map(drop)
    }

    async fn until_it_ends(&self, path: &str) -> Result<(), Problem> {
        let path = path.strip_prefix("/0.2").unwrap_or(path);
        let (mut before, mut since) = (Value::Null, Instant::now());
        loop {
            let response = self.ask(Method::GET, path).await?;
            let operation = document(self.checked(response, "the phones are not configured").await?).await?;
            match operation["state"].as_str() {
                Some("success") => return Ok(()),
                Some("fail") => return Err(not_configured(&operation)),
                _ if operation != before => (before, since) = (operation, Instant::now()),
                _ if since.elapsed() > STILL => {
                    return Err(Problem::Server(format!("{path} has not moved for {} s", STILL.as_secs())));
                }
                _ => {}
            }
            sleep(LOOK).await;
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Response, Problem> {
        let request = self.http.request(method, format!("{}/0.2{path}", self.url)).timeout(CHANGE);
        let request = request.header("X-Auth-Token", &self.token);
        request.send().await.map_err(|error| self.unreachable(&error))
    }

    async fn checked(&self, response: Response, what: &str) -> Result<Response, Problem> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::UNAUTHORIZED {
            return Err(Problem::Server(format!("the token is none of the server at {}", self.url)));
        }
        let said = response.text().await.unwrap_or_default();
        Err(Problem::Server(format!("{what}: {} (HTTP status {})", refusal(&said), status.as_u16())))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Problem {
        Problem::Server(format!("the REST interface at {} cannot be reached: {}", self.url, innermost(error)))
    }
}

/// Three decimal digits, then bytes in hexadecimal.
fn option(code: u8, value: &str) -> String {
    let bytes = value.chars().map(|character| u8::try_from(character).unwrap_or(b'?'));
    let bytes: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    format!("{code:03}{}", bytes.join("."))
}

async fn document(response: Response) -> Result<Value, Problem> {
    let bytes = response.bytes().await;
    let bytes =
        bytes.map_err(|error| Problem::Server(format!("an answer broke off: {}", innermost(&error))))?;
    serde_json::from_slice(&bytes).map_err(|error| Problem::Server(format!("an answer is no JSON: {error}")))
}

/// The first thing that was wrong, where the server lists what was.
fn refusal(said: &str) -> String {
    let document: Value = serde_json::from_str(said).unwrap_or(Value::Null);
    let first = document["import"]["errors"][0]["reason"].as_str().unwrap_or(said);
    first.chars().filter(|character| !character.is_control()).take(SAID).collect()
}

fn not_configured(operation: &Value) -> Problem {
    let reason =
        operation["failures"][0]["reason"].as_str().or(operation["reason"].as_str()).unwrap_or("no reason");
    let failed = operation["failed"].as_u64().unwrap_or(0);
    Problem::Server(format!("{failed} phones cannot be configured: {}", refusal(reason)))
}

/// The last cause: `Connection refused` says more than `error sending request`.
fn innermost(error: &reqwest::Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        (text, cause) = (error.to_string(), error.source());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_spelled_as_the_interface_wants_them() {
        assert_eq!(option(60, "Ci\0"), "06043.69.00");
    }

    #[test]
    fn the_first_refusal_is_repeated_and_nothing_a_terminal_would_obey() {
        assert_eq!(refusal(r#"{"import": {"errors": [{"reason": "in use"}, {"reason": "x"}]}}"#), "in use");
        assert_eq!(refusal("no\u{1b}[2J"), "no[2J");
    }
}
