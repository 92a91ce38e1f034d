//! What a plugin tells the core. Each function says what is wrong with an answer it does not accept.

use bytes::Bytes;
use provd_proto::v1;
use serde_json::{Map, Value};

use super::super::extractions::Vary;
use crate::domain::device_info::DeviceInfo;
use crate::domain::plugin::{Configuration, FileReference, GeneratedFile, Support};

/// Longest fact about a phone, in bytes.
const LONGEST_FACT: usize = 255;
/// Longest path of a generated file, in bytes.
const LONGEST_PATH: usize = 255;
/// Most files one device may have.
const MOST_FILES: usize = 1000;

/// Facts a plugin found. An address is not taken from it: the listener knows better.
pub(in crate::plugin_host) fn device_info(info: v1::DeviceInfo) -> Result<DeviceInfo, String> {
    let mac = match fact("mac", info.mac)? {
        Some(text) => Some(text.parse().map_err(|error| format!("mac: {error}"))?),
        None => None,
    };
    Ok(DeviceInfo {
        ip: None,
        mac,
        sn: fact("sn", info.sn)?,
        uuid: fact("uuid", info.uuid)?,
        vendor: fact("vendor", info.vendor)?,
        model: fact("model", info.model)?,
        version: fact("version", info.version)?,
    })
}

fn fact(name: &str, value: Option<String>) -> Result<Option<String>, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    if value.len() > LONGEST_FACT || value.contains(char::is_control) {
        return Err(format!("{name}: longer than {LONGEST_FACT} bytes, or with control characters"));
    }
    Ok(Some(value))
}

/// What a remembered extraction depends on.
pub(in crate::plugin_host) fn vary(memory: v1::ExtractMemory) -> Vary {
    let code = |code: &u32| u8::try_from(*code).ok();
    Vary {
        headers: memory.vary_headers,
        dhcp_options: memory.vary_dhcp_options.iter().filter_map(code).collect(),
    }
}

/// How well a plugin supports a phone.
pub(in crate::plugin_host) fn support(support: v1::Support) -> Result<Support, String> {
    match support {
        v1::Support::Unspecified => Err("an unspecified support".to_owned()),
        v1::Support::None => Ok(Support::None),
        v1::Support::Improbable => Ok(Support::Improbable),
        v1::Support::Unknown => Ok(Support::Unknown),
        v1::Support::Probable => Ok(Support::Probable),
        v1::Support::Incomplete => Ok(Support::Incomplete),
        v1::Support::Complete => Ok(Support::Complete),
        v1::Support::Exact => Ok(Support::Exact),
    }
}

/// Files and warnings of Configure or, without a trigger, of `ConfigureCommon`.
pub(in crate::plugin_host) fn configuration(
    files: Vec<v1::GeneratedFile>,
    trigger_path: &str,
    warnings: Vec<v1::Warning>,
) -> Result<Configuration, String> {
    if files.len() > MOST_FILES {
        return Err(format!("{} files for one device, {MOST_FILES} are allowed", files.len()));
    }
    let mut names = std::collections::HashSet::new();
    for file in &files {
        check_path(&file.path)?;
        if !names.insert(crate::domain::mac::canonical_path(&file.path)) {
            return Err(format!("the file `{}` is there twice", file.path.escape_debug()));
        }
    }
    Ok(Configuration {
        files: files.into_iter().map(generated).collect(),
        trigger_path: (!trigger_path.is_empty()).then(|| trigger_path.to_owned()),
        warnings: warnings.into_iter().map(|warning| (warning.parameter, warning.message)).collect(),
    })
}

fn generated(file: v1::GeneratedFile) -> GeneratedFile {
    GeneratedFile {
        path: file.path,
        content: Bytes::from(file.content),
        media_type: media_type(file.media_type),
        sensitive: file.sensitive,
    }
}

/// A media type becomes a header: one that cannot is dropped.
fn media_type(text: String) -> Option<String> {
    let sound =
        !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    sound.then_some(text)
}

fn check_path(path: &str) -> Result<(), String> {
    let segment = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(char::is_control);
    if path.len() <= LONGEST_PATH && path.split('/').all(segment) {
        return Ok(());
    }
    let shown: String = path.chars().take(80).flat_map(char::escape_debug).collect();
    Err(format!("`{shown}` is not a relative path of at most {LONGEST_PATH} bytes without `.` and `..`"))
}

/// What a plugin serves.
pub(in crate::plugin_host) fn file_reference(
    answer: Option<v1::serve_file_response::Answer>,
) -> Result<FileReference, String> {
    use v1::serve_file_response::Answer;
    match answer {
        Some(Answer::Generated(reference)) => {
            check_path(&reference.path)?;
            Ok(FileReference::Generated(reference.path))
        }
        // Whatever the path says, it is opened beneath the plugin's folders.
        Some(Answer::Served(reference)) => {
            Ok(FileReference::Served { path: reference.path, media_type: media_type(reference.media_type) })
        }
        Some(Answer::Inline(file)) => Ok(FileReference::Inline(generated(v1::GeneratedFile {
            path: String::new(),
            content: file.content,
            media_type: file.media_type,
            sensitive: file.sensitive,
        }))),
        None => Err("no answer in the response".to_owned()),
    }
}

/// Capabilities as the REST API 0.2 spells them: by `Vendor, Model, Version`.
pub(in crate::plugin_host) fn capabilities(devices: &[v1::SupportedDevice]) -> Map<String, Value> {
    devices
        .iter()
        .map(|device| {
            let key = format!("{}, {}, {}", device.vendor, device.model, device.version);
            (key, Value::Object(device.capabilities.as_ref().map(capability).unwrap_or_default()))
        })
        .collect()
}

fn capability(capabilities: &v1::Capabilities) -> Map<String, Value> {
    let known: [(&str, Option<Value>); 8] = [
        ("lines", capabilities.lines.map(Value::from)),
        ("function_keys", capabilities.function_keys.map(Value::from)),
        ("expansion_modules", capabilities.expansion_modules.map(Value::from)),
        ("high_availability", capabilities.high_availability.map(Value::from)),
        ("switchboard", capabilities.switchboard.map(Value::from)),
        ("multicell", capabilities.multicell.map(Value::from)),
        ("protocol", capabilities.protocol.clone().map(Value::from)),
        ("type", capabilities.r#type.clone().map(Value::from)),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> v1::GeneratedFile {
        v1::GeneratedFile { path: path.to_owned(), ..v1::GeneratedFile::default() }
    }

    #[test]
    fn a_path_that_leaves_its_place_is_refused() {
        for path in ["/a", "../a", "a/../b", "a//b", ".", "", "a\0b", &"x".repeat(256)] {
            assert!(configuration(vec![file(path)], "", vec![]).is_err(), "{path:?}");
        }
        assert!(configuration(vec![file("Aastra/001122334455.cfg")], "", vec![]).is_ok());
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        let files = vec![file("0011223344AA.cfg"), file("0011223344aa.cfg")];
        assert!(configuration(files, "", vec![]).unwrap_err().contains("twice"));
    }

    #[test]
    fn facts_are_judged() {
        let bad = v1::DeviceInfo { mac: Some("no".to_owned()), ..v1::DeviceInfo::default() };
        assert!(device_info(bad).unwrap_err().starts_with("mac:"));
        let forged = v1::DeviceInfo { model: Some("a\nb".to_owned()), ..v1::DeviceInfo::default() };
        assert!(device_info(forged).is_err());
        let empty = v1::DeviceInfo { ip: Some("192.0.2.1".to_owned()), ..v1::DeviceInfo::default() };
        assert_eq!(device_info(empty).unwrap(), DeviceInfo::default());
    }

    #[test]
    fn an_answer_must_be_one() {
        assert!(file_reference(None).is_err());
        assert!(support(v1::Support::Unspecified).is_err());
    }
}
