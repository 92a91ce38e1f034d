//! Case files as they are written, and the messages they stand for.

use std::collections::BTreeMap;

use provd_proto::v1::{Device, DeviceInfo, DhcpRequest, Header, HttpRequest, Request, TftpRequest, request};
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;

use crate::declarative::facts::Fact;
use crate::declarative::manifest::SupportLevel;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseFile {
    #[serde(default)]
    pub(super) request: Vec<Spanned<RequestCase>>,
    #[serde(default)]
    pub(super) association: Vec<Spanned<AssociationCase>>,
    #[serde(default)]
    pub(super) configure: Vec<Spanned<ConfigureCase>>,
    #[serde(default)]
    pub(super) serve: Vec<Spanned<ServeCase>>,
}

/// `[[request]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestCase {
    pub(super) name: Option<String>,
    pub(super) http: Option<HttpForm>,
    pub(super) tftp: Option<String>,
    pub(super) dhcp: Option<DhcpForm>,
    pub(super) facts: BTreeMap<Fact, String>,
}

/// `[[association]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssociationCase {
    pub(super) facts: BTreeMap<Fact, String>,
    pub(super) support: BTreeMap<String, SupportLevel>,
}

/// `[[configure]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigureCase {
    pub(super) name: Option<String>,
    pub(super) target: Option<String>,
    pub(super) device: Option<Map<String, Value>>,
    pub(super) raw_config: Option<RawConfigForm>,
    #[serde(default)]
    pub(super) contains: BTreeMap<String, Vec<String>>,
    pub(super) files: Option<String>,
    pub(super) error: Option<String>,
    pub(super) warnings: Option<Vec<String>>,
    pub(super) trigger: Option<String>,
}

/// A raw config in place, or the name of a file beside.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected the name of a JSON file, or a table")]
pub(super) enum RawConfigForm {
    File(String),
    Table(Map<String, Value>),
}

/// `[[serve]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServeCase {
    pub(super) name: Option<String>,
    pub(super) target: Option<String>,
    pub(super) device: Map<String, Value>,
    pub(super) http: Option<HttpForm>,
    pub(super) tftp: Option<String>,
    pub(super) generated: Option<String>,
    pub(super) served: Option<String>,
    #[serde(default)]
    pub(super) not_found: bool,
}

/// An HTTP request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpForm {
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// A DHCP request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DhcpForm {
    #[serde(default)]
    mac: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
}

/// Address of every phone in cases: one of those reserved for documentation (RFC 5737).
const PHONE: &str = "192.0.2.100";

/// The request a case stands for.
pub(super) fn request(
    http: Option<&HttpForm>,
    tftp: Option<&String>,
    dhcp: Option<&DhcpForm>,
) -> Result<Request, String> {
    let kind = match (http, tftp, dhcp) {
        (Some(http), None, None) => request::Kind::Http(http_request(http)),
        (None, Some(filename), None) => request::Kind::Tftp(TftpRequest { filename: filename.clone() }),
        (None, None, Some(dhcp)) => request::Kind::Dhcp(dhcp_request(dhcp)?),
        _ => return Err("the case states not one of `http`, `tftp` and `dhcp`".to_owned()),
    };
    Ok(Request { ip: PHONE.to_owned(), kind: Some(kind) })
}

fn http_request(form: &HttpForm) -> HttpRequest {
    let header =
        |(name, value): (&String, &String)| Header { name: name.to_lowercase(), value: value.clone() };
    HttpRequest {
        method: "GET".to_owned(),
        path: form.path.clone(),
        query: form.query.clone(),
        headers: form.headers.iter().map(header).collect(),
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
    Ok(DhcpRequest { mac: form.mac.clone(), options })
}

/// The device a table of its record stands for.
pub(super) fn device(record: &Map<String, Value>) -> Device {
    let text = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut info = DeviceInfo { ip: text("ip"), ..DeviceInfo::default() };
    for fact in Fact::ALL {
        *fact.of(&mut info) = text(fact.name());
    }
    Device {
        id: text("id").unwrap_or_else(|| "case".to_owned()),
        info: Some(info),
        config_id: text("config").unwrap_or_default(),
        options_json: record.get("options").map_or_else(|| "{}".to_owned(), Value::to_string),
        remote_state_sip_username: text("remote_state_sip_username").unwrap_or_default(),
        document_json: Value::Object(record.clone()).to_string(),
    }
}
