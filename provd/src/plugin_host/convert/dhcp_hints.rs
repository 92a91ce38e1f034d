//! Hints for DHCP servers, as a plugin describes them, into those of the domain. One that is wrong is refused with its place.

use std::collections::BTreeMap;

use provd_proto::v1::{self, dhcp_sub_option};

use crate::domain::dhcp::{
    DhcpHint, HintText, InvalidHint, MacPrefix, OptionCode, OptionValue, SubOptionValue,
};

/// Most vendor classes and MAC prefixes a plugin may name. Families have a few dozen.
const MOST_CONDITIONS: usize = 500;

/// All hints of a plugin.
pub(in crate::plugin_host) fn dhcp_hints(hints: &[v1::DhcpHint]) -> Result<Vec<DhcpHint>, String> {
    let conditions = |hint: &v1::DhcpHint| {
        hint.vendor_classes.len() + hint.vendor_class_prefixes.len() + hint.mac_prefixes.len()
    };
    let total: usize = hints.iter().map(conditions).sum();
    if total > MOST_CONDITIONS {
        return Err(format!(
            "DHCP hints: {total} vendor classes and MAC prefixes, {MOST_CONDITIONS} are allowed"
        ));
    }
    let numbered = hints.iter().zip(1..);
    numbered
        .map(|(stated, number)| hint(stated).map_err(|error| format!("DHCP hint {number}: {error}")))
        .collect()
}

fn hint(stated: &v1::DhcpHint) -> Result<DhcpHint, InvalidHint> {
    let mut options = BTreeMap::new();
    for option in &stated.options {
        let code = OptionCode::try_from(option.code)?;
        if options.insert(code, value(code.number(), option)?).is_some() {
            return Err(InvalidHint::Value(code.number()));
        }
    }
    let hint = DhcpHint {
        vendor_classes: all(&stated.vendor_classes, HintText::try_from)?,
        vendor_class_prefixes: all(&stated.vendor_class_prefixes, HintText::try_from)?,
        mac_prefixes: all(&stated.mac_prefixes, MacPrefix::try_from)?,
        options,
    };
    hint.check()?;
    Ok(hint)
}

fn all<T>(texts: &[String], check: impl Fn(String) -> Result<T, InvalidHint>) -> Result<Vec<T>, InvalidHint> {
    texts.iter().cloned().map(check).collect()
}

fn value(code: u8, option: &v1::DhcpOption) -> Result<OptionValue, InvalidHint> {
    if option.sub_options.is_empty() {
        return Ok(OptionValue::Text(option.text.clone().try_into()?));
    }
    if !option.text.is_empty() {
        return Err(InvalidHint::Value(code));
    }
    let mut sub_options = BTreeMap::new();
    for sub_option in &option.sub_options {
        let value = match &sub_option.value {
            Some(dhcp_sub_option::Value::Text(text)) => SubOptionValue::Text(text.clone().try_into()?),
            Some(dhcp_sub_option::Value::Boolean(flag)) => SubOptionValue::Boolean(*flag),
            None => return Err(InvalidHint::Value(code)),
        };
        if sub_options.insert(sub_option.code.try_into()?, value).is_some() {
            return Err(InvalidHint::Value(code));
        }
    }
    Ok(OptionValue::SubOptions(sub_options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(code: u32, text: &str) -> v1::DhcpOption {
        v1::DhcpOption { code, text: text.to_owned(), sub_options: vec![] }
    }

    fn for_aastra(options: Vec<v1::DhcpOption>) -> v1::DhcpHint {
        let mac_prefixes = vec!["00:08:5D".to_owned()];
        v1::DhcpHint { mac_prefixes, options, ..v1::DhcpHint::default() }
    }

    #[test]
    fn a_sound_hint_is_taken_over() {
        let sub_option = |code, value| v1::DhcpSubOption { code, value: Some(value) };
        let sub_options = vec![
            sub_option(2, dhcp_sub_option::Value::Text("{http}/Aastra".to_owned())),
            sub_option(3, dhcp_sub_option::Value::Boolean(false)),
        ];
        let encapsulated = v1::DhcpOption { code: 43, text: String::new(), sub_options };
        let hints = dhcp_hints(&[for_aastra(vec![encapsulated, plain(66, "{http}")])]).unwrap();
        let json = serde_json::to_string(&hints[0]).unwrap();
        assert!(
            json.ends_with(r#""options":{"43":{"2":"{http}/Aastra","3":false},"66":"{http}"}}"#),
            "{json}"
        );
        assert_eq!(hints[0].mac_prefixes[0].to_string(), "00:08:5d");
    }

    #[test]
    fn a_hint_that_is_wrong_is_named() {
        let nothing = v1::DhcpSubOption { code: 2, value: None };
        let both = v1::DhcpOption { sub_options: vec![nothing.clone()], ..plain(43, "text") };
        let neither = v1::DhcpOption { sub_options: vec![nothing], ..plain(43, "") };
        for options in [
            vec![plain(0, "x")],
            vec![plain(255, "x")],
            vec![plain(66, "")],
            vec![plain(66, "a\nb")],
            vec![plain(66, "a"), plain(66, "b")],
            vec![plain(53, "x")],
            vec![both],
            vec![neither],
        ] {
            let error = dhcp_hints(&[for_aastra(vec![]), for_aastra(options)]).unwrap_err();
            assert!(error.starts_with("DHCP hint 2: "), "{error}");
        }
        assert!(dhcp_hints(&[v1::DhcpHint::default()]).is_err());
        let mac_prefixes = vec!["00".to_owned(); MOST_CONDITIONS + 1];
        assert!(dhcp_hints(&[v1::DhcpHint { mac_prefixes, ..v1::DhcpHint::default() }]).is_err());
    }
}
