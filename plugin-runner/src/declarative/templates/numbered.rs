//! The numbered parts of a raw config as lists in numeric order: SIP lines with the common settings filled in, function
//! keys, SCCP call managers.

use serde_json::{Map, Value};

use crate::PluginError;

type Object = Map<String, Value>;

/// Hosts a line may state, each with its port.
const HOSTS: [&str; 5] = ["proxy", "registrar", "backup_proxy", "backup_registrar", "outbound_proxy"];

/// Entries of the object `key` in numeric order, each carrying its number as `number_key`.
pub(super) fn entries(config: &Object, key: &str, number_key: &str) -> Result<Vec<Object>, PluginError> {
    let refuse = |what: &str, expected: &str| {
        Err(PluginError::FailedPrecondition(format!("raw config: `{what}`: expected {expected}")))
    };
    let stated = match config.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(stated)) => stated,
        Some(_) => return refuse(key, "an object by number"),
    };
    let mut numbered: Vec<(u32, Object)> = Vec::with_capacity(stated.len());
    for (number, entry) in stated {
        let place = format!("{key}.{number}");
        match (number.parse::<u32>(), entry) {
            (_, Value::Null) => {}
            (Ok(number), Value::Object(entry)) => {
                let mut entry = entry.clone();
                entry.insert(number_key.to_owned(), number.into());
                numbered.push((number, entry));
            }
            (Err(_), _) => return refuse(&place, "a number as the key"),
            (_, _) => return refuse(&place, "an object"),
        }
    }
    numbered.sort_by_key(|(number, _)| *number);
    Ok(numbered.into_iter().map(|(_, entry)| entry).collect())
}

/// SIP lines in numeric order, with what a line leaves to the common settings.
pub(super) fn lines(config: &Object) -> Result<Vec<Object>, PluginError> {
    let mut lines = entries(config, "sip_lines", "line")?;
    for line in &mut lines {
        for host in HOSTS {
            fill_endpoint(line, host, config, &format!("sip_{host}"));
        }
        let own = line.clone();
        fill_endpoint(line, "registrar", &own, "proxy");
        fill(line, "auth_username", own.get("username"));
        fill(line, "dtmf_mode", config.get("sip_dtmf_mode"));
        fill(line, "srtp_mode", config.get("sip_srtp_mode"));
        fill(line, "voicemail", config.get("exten_voicemail"));
    }
    Ok(lines)
}

/// A port belongs to its host: a line that states a host of its own takes no port of another.
fn fill_endpoint(line: &mut Object, name: &str, from: &Object, from_name: &str) {
    let (host, port) = (format!("{name}_ip"), format!("{name}_port"));
    if is_stated(line.get(&host)) {
        return;
    }
    let common = from.get(&format!("{from_name}_ip"));
    if is_stated(common) {
        fill(line, &host, common);
        fill(line, &port, from.get(&format!("{from_name}_port")));
    }
}

fn fill(line: &mut Object, key: &str, value: Option<&Value>) {
    if let Some(value) = value
        && !is_stated(line.get(key))
    {
        line.insert(key.to_owned(), value.clone());
    }
}

fn is_stated(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: &Value) -> Object {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn lines_are_in_numeric_order_and_filled() {
        let config = object(&json!({
            "sip_proxy_ip": "192.0.2.1", "sip_proxy_port": 5080, "sip_registrar_ip": null,
            "sip_dtmf_mode": "SIP-INFO", "sip_srtp_mode": "required", "exten_voicemail": "*98",
            "sip_lines": {
                "10": { "username": "ten", "proxy_ip": "192.0.2.9" },
                "2": { "username": "two", "auth_username": "auth", "dtmf_mode": "RTP-in-band" },
                "3": null,
            },
        }));
        let lines = lines(&config).unwrap();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            Value::from(lines[0].clone()),
            json!({
                "username": "two", "auth_username": "auth", "dtmf_mode": "RTP-in-band", "line": 2,
                "proxy_ip": "192.0.2.1", "proxy_port": 5080, "registrar_ip": "192.0.2.1", "registrar_port": 5080,
                "srtp_mode": "required", "voicemail": "*98",
            })
        );
        assert_eq!(lines[1]["line"], 10);
        assert_eq!(lines[1]["auth_username"], "ten");
        assert_eq!(lines[1].get("proxy_port"), None);
        assert_eq!(lines[1]["registrar_ip"], "192.0.2.9");
    }

    #[test]
    fn what_is_not_numbered_is_refused() {
        for (config, place) in [
            (json!({ "funckeys": [] }), "`funckeys`"),
            (json!({ "funckeys": { "a": {} } }), "`funckeys.a`"),
            (json!({ "funckeys": { "1": 2 } }), "`funckeys.1`"),
        ] {
            let error = entries(&object(&config), "funckeys", "position").unwrap_err();
            assert!(error.to_string().contains(place), "{error}");
        }
    }
}
