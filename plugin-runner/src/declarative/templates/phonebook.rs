//! The address of the directory service as phones must be told it.

use minijinja::value::Kwargs;
use minijinja::{Error, Value};
use serde_json::{Map, Value as Json};

use super::filters::text;

/// Port of the directory service unless `X_xivo_phonebook_port` states another.
const DEFAULT_PORT: &str = "9498";

/// The function `phonebook_url(entry, vendor, suffix='')` for one raw config. It gives nothing where the service or the
/// phone's user is not known.
pub(super) fn function(config: &Map<String, Json>) -> Value {
    let base = base(config);
    Value::from_function(
        move |entry: &Value, vendor: &Value, suffix: Option<&Value>, named: Kwargs| -> Result<Value, Error> {
            let suffix =
                if named.has("suffix") { named.get("suffix")? } else { suffix.map(text).unwrap_or_default() };
            named.assert_all_used()?;
            let Some(Base { address, user }) = &base else { return Ok(Value::UNDEFINED) };
            let (entry, vendor) = (text(entry), text(vendor));
            Ok(format!("{address}/0.1/directories/{entry}/default/{vendor}?xivo_user_uuid={user}{suffix}")
                .into())
        },
    )
}

struct Base {
    address: String,
    user: String,
}

fn base(config: &Map<String, Json>) -> Option<Base> {
    let stated = |key: &str| match config.get(key) {
        Some(Json::String(value)) if !value.is_empty() => Some(value.clone()),
        Some(Json::Number(value)) => Some(value.to_string()),
        _ => None,
    };
    let host = stated("X_xivo_phonebook_ip")?;
    let user = stated("X_xivo_user_uuid")?;
    let scheme = stated("X_xivo_phonebook_scheme").unwrap_or_else(|| "http".to_owned());
    let port = stated("X_xivo_phonebook_port").unwrap_or_else(|| DEFAULT_PORT.to_owned());
    Some(Base { address: format!("{scheme}://{host}:{port}"), user })
}
