//! `boot.toml` as it is written. Unknown keys, models without a turn and steps that mean nothing are refused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Ask, End, Expected, Family, Kind, Step, Text, prefix};

/// Longest pause of a phone between two steps, in seconds.
const LONGEST_PAUSE: f64 = 3600.0;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BootFile {
    vendor: String,
    account: Map<String, Value>,
    boot: Vec<BootForm>,
}

/// `[[boot]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BootForm {
    phones: Vec<PhonesForm>,
    mac_prefix: String,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, Text>,
    step: Vec<StepForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PhonesForm {
    target: String,
    version: String,
    models: Vec<String>,
}

/// `[[boot.step]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepForm {
    via: Via,
    path: Option<Text>,
    #[serde(default)]
    headers: BTreeMap<String, Text>,
    #[serde(default)]
    options: BTreeMap<String, Text>,
    #[serde(default)]
    pause: f64,
    #[serde(default)]
    expect: ExpectForm,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    own: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Via {
    Http,
    Tftp,
    Dhcp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectForm {
    status: Option<u16>,
    error: Option<u16>,
    #[serde(default)]
    contains: Vec<Text>,
}

pub(super) fn read(name: &str, text: &str) -> Result<Family, String> {
    let file: BootFile = toml::from_str(text).map_err(|error| error.to_string())?;
    check_texts(&Value::Object(file.account.clone()))?;
    let mut kinds = Vec::new();
    for (number, boot) in file.boot.into_iter().enumerate() {
        kinds.extend(boot.kinds().map_err(|why| format!("boot {}: {why}", number + 1))?);
    }
    if kinds.is_empty() {
        return Err("no phone boots: expected [[boot]] with `phones`".to_owned());
    }
    Ok(Family { name: name.to_owned(), vendor: file.vendor, account: file.account, kinds })
}

/// A text that cannot be filled in is found before there is a phone to do so.
fn check_texts(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => {
            Text::try_from(text.clone()).map(drop).map_err(|why| format!("account: {why}"))
        }
        Value::Array(values) => values.iter().try_for_each(check_texts),
        Value::Object(values) => values.values().try_for_each(check_texts),
        _ => Ok(()),
    }
}

impl BootForm {
    fn kinds(self) -> Result<Vec<Kind>, String> {
        let prefix = prefix(&self.mac_prefix).ok_or_else(|| {
            format!("mac_prefix: `{}` is not three octets such as 00:08:5d", self.mac_prefix)
        })?;
        let mut steps = Vec::new();
        for (number, step) in self.step.into_iter().enumerate() {
            steps.push(step.step(&self.headers).map_err(|why| format!("step {}: {why}", number + 1))?);
        }
        if let Some(stray) =
            self.names.keys().find(|name| !self.phones.iter().any(|phones| phones.models.contains(name)))
        {
            return Err(format!("names: no phone of this boot is a `{stray}`"));
        }
        let kinds =
            self.phones.iter().flat_map(|phones| phones.models.iter().map(move |model| (phones, model)));
        Ok(kinds
            .map(|(phones, model)| Kind {
                target: phones.target.clone(),
                spelling: self.names.get(model).unwrap_or(model).clone(),
                model: model.clone(),
                version: phones.version.clone(),
                prefix,
                steps: steps.clone(),
            })
            .collect())
    }
}

impl StepForm {
    fn step(self, headers: &BTreeMap<String, Text>) -> Result<Step, String> {
        let expected = Expected { end: self.end()?, or_file: self.optional };
        if !(0.0..=LONGEST_PAUSE).contains(&self.pause) {
            return Err(format!("pause: expected seconds, {LONGEST_PAUSE} at most"));
        }
        if expected.end != End::File && (self.own || !self.expect.contains.is_empty()) {
            return Err("where no file is expected, none can hold anything".to_owned());
        }
        let is_own = self.own;
        let pause = Duration::from_secs_f64(self.pause);
        let contains = self.expect.contains.clone();
        Ok(Step { ask: self.ask(headers)?, pause, expected, contains, is_own })
    }

    fn end(&self) -> Result<End, String> {
        match (self.via, self.expect.status, self.expect.error) {
            (_, None, None) | (Via::Http, Some(200), None) => Ok(End::File),
            (Via::Http, Some(status @ 300..=599), None) => Ok(End::Status(status)),
            (Via::Tftp, None, Some(error @ 0..=8)) => Ok(End::TftpError(error)),
            _ => {
                Err("expect: `status` is for HTTP (200, or 300 to 599), `error` for TFTP (0 to 8)".to_owned())
            }
        }
    }

    fn ask(self, headers: &BTreeMap<String, Text>) -> Result<Ask, String> {
        let is_plain = self.headers.is_empty() && self.options.is_empty();
        match (self.via, self.path) {
            (Via::Http, Some(path)) if self.options.is_empty() => {
                if !path.to_string().starts_with('/') {
                    return Err(format!("path: `{path}` must begin with a slash"));
                }
                // What is said in the step counts.
                let mut all = headers.clone();
                all.extend(self.headers);
                check_headers(&all)?;
                Ok(Ask::Http { path, headers: all.into_iter().collect() })
            }
            (Via::Tftp, Some(file)) if is_plain || self.headers.is_empty() => {
                let options =
                    self.options.into_iter().map(|(name, value)| (name, value.to_string())).collect();
                Ok(Ask::Tftp { file, options })
            }
            (Via::Dhcp, None) if self.headers.is_empty() && self.expect.contains.is_empty() && !self.own => {
                let code = |code: String| {
                    code.parse::<u8>().map_err(|_| format!("options: `{code}` is no code of DHCP"))
                };
                let options = self.options.into_iter().map(|(name, value)| Ok((code(name)?, value)));
                Ok(Ask::Dhcp { options: options.collect::<Result<_, String>>()? })
            }
            _ => Err("HTTP takes `path` and `headers`, TFTP `path` and `options`, DHCP `options`".to_owned()),
        }
    }
}

fn check_headers(headers: &BTreeMap<String, Text>) -> Result<(), String> {
    for (name, value) in headers {
        let is_sound = http::HeaderName::try_from(name).is_ok()
            && http::HeaderValue::try_from(value.to_string()).is_ok();
        if !is_sound || name.eq_ignore_ascii_case("host") {
            return Err(format!("headers: `{name}` cannot be sent"));
        }
    }
    Ok(())
}
