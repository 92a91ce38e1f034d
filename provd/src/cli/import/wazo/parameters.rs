//! Parameters of the other server: what its `app.json` says, over what its settings say. Values are secrets, and not told.

use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use super::device::Masters;
use super::report::{Outcome, ParameterLine, Problem};
use super::settings::Settings;
use crate::cli::client::{Client, MEDIA_TYPE, segment};
use crate::cli::connection::Connection;
use crate::cli::failure::Failure;
use crate::cli::table::field;

const FILE: &str = "app.json";
const KEY: &str = "provisioning_key";
const TENANTS: &str = "tenants";
/// Names, and the settings that say the same.
const NAMES: [(&str, &str); 6] = [
    ("plugin_server", "general.plugin_server"),
    ("http_proxy", "proxy.http"),
    ("ftp_proxy", "proxy.ftp"),
    ("https_proxy", "proxy.https"),
    ("locale", ""),
    ("NAT", ""),
];
/// Longest time until a parameter is set: the files of a tenant's phones may hold it.
const DEADLINE: Duration = Duration::from_mins(11);

/// A parameter that has a value there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    name: String,
    /// Whose it is; absent if it is everybody's, or the master tenant's.
    tenant: Option<String>,
    /// SECRET.
    value: Value,
}

/// All that are stated.
pub(super) fn read(
    storage: &Path,
    settings: &Settings,
    masters: &Masters,
    problems: &mut Vec<Problem>,
) -> Vec<Parameter> {
    let stored = stored(&storage.join(FILE), problems);
    let mut parameters = Vec::new();
    for (name, setting) in NAMES {
        let value = stored.get(name).cloned().or_else(|| settings.text(setting).map(Value::from));
        if let Some(value) = value {
            parameters.push(Parameter { name: name.to_owned(), tenant: None, value: as_sent(name, value) });
        }
    }
    let tenants = match stored.get(TENANTS) {
        Some(Value::Object(tenants)) => tenants.clone(),
        _ => settings.object(TENANTS),
    };
    for (tenant, own) in tenants {
        let Some(value) = own.get(KEY).filter(|value| !value.is_null()).cloned() else { continue };
        let tenant = (!masters.has(&tenant)).then_some(tenant);
        parameters.push(Parameter { name: KEY.to_owned(), tenant, value });
    }
    let is_unknown = |name: &&String| *name != TENANTS && !NAMES.iter().any(|(known, _)| known == name);
    for name in stored.keys().filter(is_unknown) {
        problems.push(Problem::refused("parameter", name, "there is no such parameter"));
    }
    parameters
}

fn stored(path: &Path, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let refused = |why: String| Problem::refused("parameter", FILE, why);
    match fs::read(path).map(|bytes| serde_json::from_slice(&bytes)) {
        Ok(Ok(stored)) => return stored,
        Ok(Err(error)) => {
            problems.push(refused(format!("this is no JSON object, at line {}", error.line())));
        }
        // Nobody ever set one.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => problems.push(refused(error.to_string())),
    }
    Map::new()
}

/// Early versions stored a number where only text can be sent; empty text is nothing.
fn as_sent(name: &str, value: Value) -> Value {
    match value {
        Value::Number(number) if name == "NAT" => number.to_string().into(),
        Value::String(text) if text.is_empty() => Value::Null,
        value => value,
    }
}

/// The parameters of this server.
pub(super) struct Parameters<'a> {
    client: &'a Client,
    url: String,
    token: String,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(client: &'a Client, connection: &Connection) -> Result<Parameters<'a>, Failure> {
        Ok(Parameters { client, url: connection.url()?, token: connection.token()? })
    }

    /// Sets what differs, unless it is but a trial.
    pub(super) async fn take_over(
        &self,
        parameters: &[Parameter],
        dry_run: bool,
    ) -> Result<Vec<ParameterLine>, Failure> {
        let mut lines = Vec::new();
        for parameter in parameters {
            let outcome = if self.is_so(parameter).await? {
                Ok(Outcome::Present)
            } else if dry_run {
                Ok(Outcome::New)
            } else {
                self.set(parameter).await?.map(|()| Outcome::New)
            };
            let (outcome, reason) = match outcome {
                Ok(outcome) => (outcome, None),
                Err(why) => (Outcome::Failed, Some(why)),
            };
            let Parameter { name, tenant, .. } = parameter;
            lines.push(ParameterLine { name: name.clone(), tenant: tenant.clone(), outcome, reason });
        }
        Ok(lines)
    }

    async fn is_so(&self, parameter: &Parameter) -> Result<bool, Failure> {
        let response =
            self.request(Method::GET, parameter).send().await.map_err(|error| self.lost(&error))?;
        if !response.status().is_success() {
            return Ok(false);
        }
        let document: Value = response.json().await.map_err(|error| self.lost(&error))?;
        let here = document.get("param").unwrap_or(&Value::Null);
        Ok(field(here, "value") == field(&json!({"value": parameter.value}), "value"))
    }

    /// The reason of a refusal names what is expected, not what was sent.
    async fn set(&self, parameter: &Parameter) -> Result<Result<(), String>, Failure> {
        let body = json!({"param": {"value": parameter.value}}).to_string();
        let request = self.request(Method::PUT, parameter).header("Content-Type", MEDIA_TYPE).body(body);
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Ok(()));
        }
        let said = response.text().await.map_err(|error| self.lost(&error))?;
        Ok(Err(Failure::refused(&said, status).to_string()))
    }

    fn request(&self, method: Method, parameter: &Parameter) -> RequestBuilder {
        let url = format!("{}/0.2/configure/{}", self.url, segment(&parameter.name));
        let request = self.client.http().request(method, url).timeout(DEADLINE);
        let request = request.header("X-Auth-Token", &self.token);
        parameter.tenant.iter().fold(request, |request, tenant| request.header("Wazo-Tenant", tenant))
    }

    fn lost(&self, error: &reqwest::Error) -> Failure {
        let why = if error.is_timeout() { "it did not answer in time" } else { "it hung up" };
        Failure::Unreachable { url: self.url.clone(), why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_was_set_counts_more_than_settings() {
        let storage = tempfile::tempdir().unwrap();
        let master = Uuid::from_u128(1).to_string();
        let stored = json!({"NAT": 1, "http_proxy": null, "locale": "", "theme": "secret", "tenants":
            {&master: {"provisioning_key": "secret-1"}, "t": {"provisioning_key": "secret-2"}, "u": {}}});
        fs::write(storage.path().join(FILE), stored.to_string()).unwrap();
        let mut problems = Vec::new();
        let masters = Masters::of(Some(Uuid::from_u128(1)), &[]);
        let parameters = read(storage.path(), &Settings::default(), &masters, &mut problems);
        let said: Vec<_> = parameters
            .iter()
            .map(|one| (one.name.as_str(), one.tenant.as_deref(), one.value.clone()))
            .collect();
        let expected = [
            ("http_proxy", None, Value::Null),
            ("locale", None, Value::Null),
            ("NAT", None, "1".into()),
            (KEY, None, "secret-1".into()),
            (KEY, Some("t"), "secret-2".into()),
        ];
        assert_eq!(said, expected);
        assert!(
            problems.len() == 1 && problems[0].id == "theme" && !format!("{problems:?}").contains("secret")
        );
    }

    #[test]
    fn a_torn_file_is_told_and_an_absent_one_is_none() {
        let storage = tempfile::tempdir().unwrap();
        let mut problems = Vec::new();
        let none = read(storage.path(), &Settings::default(), &Masters::default(), &mut problems);
        assert!(none.is_empty() && problems.is_empty());
        fs::write(storage.path().join(FILE), r#"{"http_proxy": "http://u:secret"#).unwrap();
        read(storage.path(), &Settings::default(), &Masters::default(), &mut problems);
        assert!(problems.len() == 1 && !format!("{problems:?}").contains("secret"), "{problems:?}");
    }
}
