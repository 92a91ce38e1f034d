//! What templates see of devices, models and targets, as values of the template engine.

use minijinja::Value;
use provd_proto::v1::Device;
use serde_json::{Map, Value as Json};

use crate::PluginError;
use crate::declarative::target::{Model, Target};
use crate::declarative::timezone::{Change, Day, Rule};
use crate::extraction::Fact;

/// A JSON value. A `null` is a missing value: it is left out of objects, so that it is falsy and prints nothing.
pub(super) fn json(value: &Json) -> Value {
    match value {
        Json::Null => Value::UNDEFINED,
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::from(integer),
            (None, Some(integer)) => Value::from(integer),
            (None, None) => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(json).collect::<Vec<_>>()),
        Json::Object(map) => object(map),
    }
}

/// A JSON object.
pub(super) fn object(map: &Map<String, Json>) -> Value {
    let stated = map.iter().filter(|(_, value)| !value.is_null());
    Value::from_pairs(stated.map(|(key, value)| (key.as_str(), json(value))))
}

/// A device: its whole record, with the typed fields on top.
pub(super) fn device(device: &Device) -> Result<Value, PluginError> {
    let mut record = parse("document_json", &device.document_json)?;
    record.insert("id".to_owned(), device.id.as_str().into());
    record.insert("options".to_owned(), Json::Object(parse("options_json", &device.options_json)?));
    let username = device.remote_state_sip_username.as_str();
    if !username.is_empty() {
        record.insert("remote_state_sip_username".to_owned(), username.into());
    }
    let info = device.info.clone().unwrap_or_default();
    for fact in Fact::ALL {
        if let Some(value) = fact.in_info(&info) {
            record.insert(fact.name().to_owned(), value.into());
        }
    }
    if let Some(ip) = info.ip {
        record.insert("ip".to_owned(), ip.into());
    }
    Ok(object(&record))
}

fn parse(field: &str, text: &str) -> Result<Map<String, Json>, PluginError> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text)
        .map_err(|error| PluginError::InvalidArgument(format!("device.{field} is no JSON object: {error}")))
}

/// A model of the target.
pub(super) fn model(model: &Model) -> Value {
    let stated = &model.capabilities;
    let number = |value: Option<u32>| value.map_or(Value::UNDEFINED, Value::from);
    let flag = |value: Option<bool>| value.map_or(Value::UNDEFINED, Value::from);
    let word = |value: &Option<String>| value.as_deref().map_or(Value::UNDEFINED, Value::from);
    let variables = [
        ("name", Value::from(model.name.as_str())),
        ("lines", number(stated.lines)),
        ("function_keys", number(stated.function_keys)),
        ("expansion_modules", number(stated.expansion_modules)),
        ("high_availability", flag(stated.high_availability)),
        ("switchboard", flag(stated.switchboard)),
        ("multicell", flag(stated.multicell)),
        ("protocol", word(&stated.protocol)),
        ("type", word(&stated.r#type)),
        ("vars", object(&model.vars)),
    ];
    Value::from_pairs(variables.into_iter().filter(|(_, value)| !value.is_undefined()))
}

/// A model the target does not have: all that is known is its name.
pub(super) fn unknown_model(name: &str) -> Value {
    Value::from_pairs([("name", Value::from(name)), ("vars", object(&Map::new()))])
}

/// The target.
pub(super) fn target(target: &Target) -> Value {
    let firmware = target.firmware.as_deref().map_or(Value::UNDEFINED, Value::from);
    Value::from_pairs([
        ("id", Value::from(target.id.as_str())),
        ("firmware", firmware),
        ("vars", object(&target.vars)),
    ])
}

/// A time zone.
pub(super) fn timezone(name: &str, rule: &Rule) -> Value {
    let mut variables = vec![("name", Value::from(name)), ("offset", Value::from(rule.offset))];
    if let Some(dst) = &rule.dst {
        let dst = Value::from_pairs([
            ("save", Value::from(dst.save)),
            ("start", change(dst.start)),
            ("end", change(dst.end)),
        ]);
        variables.push(("dst", dst));
    }
    Value::from_pairs(variables)
}

fn change(change: Change) -> Value {
    let mut variables = match change.day {
        Day::OfMonth { month, week, weekday } => {
            vec![("month", month.into()), ("week", week.into()), ("weekday", weekday.into())]
        }
        Day::OfYear(day) => vec![("day_of_year", Value::from(day))],
    };
    variables.push(("time", Value::from(change.time)));
    Value::from_pairs(variables)
}
