//! Case files as they are written, and the messages they stand for.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use provd_proto::v1::{self, DeviceInfo, Support};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use super::facts::{Fact, Facts};
use crate::domain::raw_config::RawConfig;
use crate::domain::request::{DhcpRequest, HttpRequest, Request, RequestKind, TftpRequest};
use crate::packages::entries;
use crate::plugin_host::workbench::raw_config_message;

/// Address of every phone in cases: one of those reserved for documentation (RFC 5737).
const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 100));
/// MAC address of a DHCP client of which a case states none: one reserved for documentation (RFC 9542).
const CLIENT: &str = "00:00:5e:00:53:01";

/// A file of cases.
#[derive(Debug)]
pub(in crate::authoring) struct CaseFile {
    pub(in crate::authoring) path: PathBuf,
    pub(in crate::authoring) text: String,
    pub(in crate::authoring) cases: Cases,
}

/// What is in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authoring) struct Cases {
    #[serde(default)]
    pub(in crate::authoring) request: Vec<Spanned<RequestCase>>,
    #[serde(default)]
    pub(in crate::authoring) association: Vec<Spanned<AssociationCase>>,
    #[serde(default)]
    pub(in crate::authoring) configure: Vec<Spanned<ConfigureCase>>,
    #[serde(default)]
    pub(in crate::authoring) serve: Vec<Spanned<ServeCase>>,
}

/// `[[request]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authoring) struct RequestCase {
    pub(super) name: Option<String>,
    http: Option<HttpForm>,
    tftp: Option<String>,
    dhcp: Option<DhcpForm>,
    pub(in crate::authoring) facts: Spanned<Facts>,
}

/// `[[association]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authoring) struct AssociationCase {
    pub(super) name: Option<String>,
    pub(super) facts: Facts,
    pub(super) support: BTreeMap<String, Spanned<SupportLevel>>,
}

/// `[[configure]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authoring) struct ConfigureCase {
    pub(in crate::authoring) name: Option<String>,
    pub(in crate::authoring) target: Option<String>,
    pub(super) device: Option<Map<String, Value>>,
    raw_config: Option<RawConfigForm>,
    #[serde(default)]
    pub(super) contains: BTreeMap<String, Vec<String>>,
    pub(super) files: Option<String>,
    pub(in crate::authoring) error: Option<Spanned<String>>,
    pub(super) warnings: Option<Spanned<Vec<String>>>,
    pub(super) trigger: Option<Spanned<String>>,
}

/// A raw config in place, or the name of a file beside.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected the name of a JSON file, or a table")]
enum RawConfigForm {
    File(String),
    Table(Map<String, Value>),
}

/// `[[serve]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::authoring) struct ServeCase {
    pub(super) name: Option<String>,
    pub(super) target: Option<String>,
    device: Map<String, Value>,
    http: Option<HttpForm>,
    tftp: Option<String>,
    pub(super) generated: Option<String>,
    pub(super) served: Option<String>,
    #[serde(default)]
    pub(super) not_found: bool,
}

/// An HTTP request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpForm {
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// A DHCP request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DhcpForm {
    #[serde(default)]
    mac: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
}

/// How well a target supports a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SupportLevel {
    None,
    Improbable,
    Unknown,
    Probable,
    Incomplete,
    Complete,
    Exact,
}

impl From<SupportLevel> for Support {
    fn from(level: SupportLevel) -> Support {
        match level {
            SupportLevel::None => Support::None,
            SupportLevel::Improbable => Support::Improbable,
            SupportLevel::Unknown => Support::Unknown,
            SupportLevel::Probable => Support::Probable,
            SupportLevel::Incomplete => Support::Incomplete,
            SupportLevel::Complete => Support::Complete,
            SupportLevel::Exact => Support::Exact,
        }
    }
}

impl CaseFile {
    /// Reads all case files beside a plugin, in order. A plugin without a folder of them has none.
    ///
    /// # Errors
    ///
    /// What is wrong with the first one that is not understood, and where.
    pub(in crate::authoring) fn beside(plugin: &Path) -> Result<Vec<CaseFile>, String> {
        let folder = plugin.join("tests");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let paths = entries(&folder).map_err(|error| error.to_string())?;
        // How phones boot is not about the plugin alone: `provd simulate` plays it.
        let is_cases = |path: &PathBuf| {
            path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with("boot.toml")
        };
        paths.into_iter().filter(is_cases).map(CaseFile::read).collect()
    }

    fn read(path: PathBuf) -> Result<CaseFile, String> {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        // What the parser says begins with the line, and shows it.
        let cases = toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(CaseFile { path, text, cases })
    }

    /// File and line of a case.
    pub(super) fn place<T>(&self, case: &Spanned<T>) -> String {
        let before = self.text.get(..case.span().start).unwrap_or_default();
        format!("{}:{}", self.path.display(), before.matches('\n').count() + 1)
    }

    /// The folder it is in.
    pub(in crate::authoring) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

impl RequestCase {
    /// What is asked.
    pub(in crate::authoring) fn request(&self) -> Result<Request, String> {
        request(self.http.as_ref(), self.tftp.as_ref(), self.dhcp.as_ref())
    }
}

impl ServeCase {
    /// What is asked.
    pub(super) fn request(&self) -> Result<Request, String> {
        request(self.http.as_ref(), self.tftp.as_ref(), None)
    }

    /// Who asks.
    pub(super) fn device(&self) -> v1::Device {
        device(&self.device)
    }
}

impl ConfigureCase {
    /// Who is configured; nobody, where it is about common files.
    pub(in crate::authoring) fn device(&self) -> Option<v1::Device> {
        self.device.as_ref().map(device)
    }

    /// The raw config, with the defaults that a server applies.
    pub(in crate::authoring) fn raw_config(&self, folder: &Path) -> Result<v1::RawConfig, String> {
        let document = match &self.raw_config {
            None => Map::new(),
            Some(RawConfigForm::Table(table)) => table.clone(),
            Some(RawConfigForm::File(name)) => {
                let path = folder.join(name);
                let read = std::fs::read(&path).map_err(|error| error.to_string());
                let parsed = read.and_then(|text| serde_json::from_slice(&text).map_err(|e| e.to_string()));
                parsed.map_err(|why| format!("{}: {why}", path.display()))?
            }
        };
        Ok(raw_config_message(&RawConfig::new(document)))
    }
}

fn request(
    http: Option<&HttpForm>,
    tftp: Option<&String>,
    dhcp: Option<&DhcpForm>,
) -> Result<Request, String> {
    let kind = match (http, tftp, dhcp) {
        (Some(http), None, None) => RequestKind::Http(http_request(http)),
        (None, Some(filename), None) => RequestKind::Tftp(TftpRequest { filename: filename.clone() }),
        (None, None, Some(dhcp)) => RequestKind::Dhcp(dhcp_request(dhcp)?),
        _ => return Err("the case states not one of `http`, `tftp` and `dhcp`".to_owned()),
    };
    Ok(Request { ip: PHONE, kind })
}

fn http_request(form: &HttpForm) -> HttpRequest {
    HttpRequest {
        method: "GET",
        path: form.path.clone(),
        query: form.query.clone(),
        headers: form.headers.iter().map(|(name, value)| (name.to_lowercase(), value)).collect(),
    }
}

fn dhcp_request(form: &DhcpForm) -> Result<DhcpRequest, String> {
    let mut options = BTreeMap::new();
    for (code, value) in &form.options {
        let code = code.parse().map_err(|_| format!("`{code}` is no DHCP option code"))?;
        let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
        let bytes = bytes.map_err(|_| format!("option {code} holds what is not ISO-8859-1"))?;
        options.insert(code, bytes);
    }
    let mac = if form.mac.is_empty() { CLIENT } else { form.mac.as_str() };
    let mac = mac.parse().map_err(|error| format!("mac: {error}"))?;
    Ok(DhcpRequest { mac, options, only_phones: true })
}

/// The device a table of its record stands for.
fn device(record: &Map<String, Value>) -> v1::Device {
    let text = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut info = DeviceInfo { ip: text("ip"), ..DeviceInfo::default() };
    for fact in Fact::ALL {
        *fact.of(&mut info) = text(fact.name());
    }
    v1::Device {
        id: text("id").unwrap_or_else(|| "case".to_owned()),
        info: Some(info),
        config_id: text("config").unwrap_or_default(),
        options_json: record.get("options").map_or_else(|| "{}".to_owned(), Value::to_string),
        remote_state_sip_username: text("remote_state_sip_username").unwrap_or_default(),
        document_json: Value::Object(record.clone()).to_string(),
    }
}
