//! What a DHCP server must hand out to boot these phones, checked and in the words of the contract.

use crate::declarative::spanned::Spanned;
use provd_proto::v1::{DhcpHint, DhcpOption, DhcpSubOption, dhcp_sub_option};

use super::error::LoadError;
use super::manifest::{DhcpEntry, Manifest, OptionEntry, SubOptionEntry};
use super::source::Source;

/// What may stand in braces.
const PLACEHOLDERS: [&str; 2] = ["http", "tftp"];

/// All hints of a family.
pub(crate) fn hints(manifest: &Manifest, source: &Source) -> Result<Vec<DhcpHint>, LoadError> {
    manifest.dhcp.iter().map(|entry| hint(entry, source)).collect()
}

fn hint(entry: &Spanned<DhcpEntry>, source: &Source) -> Result<DhcpHint, LoadError> {
    let stated = entry.get_ref();
    let whom = stated.vendor_classes.len() + stated.vendor_class_prefixes.len() + stated.mac_prefixes.len();
    if whom == 0 {
        let expected = "expected `vendor_classes`, `vendor_class_prefixes` or `mac_prefixes`";
        return Err(source.invalid(entry, "dhcp", expected));
    }
    let options = stated.options.iter().map(|(code, value)| option(code, value, source));
    let mut options = options.collect::<Result<Vec<_>, _>>()?;
    options.sort_by_key(|option| option.code);
    Ok(DhcpHint {
        vendor_classes: stated.vendor_classes.clone(),
        vendor_class_prefixes: stated.vendor_class_prefixes.clone(),
        mac_prefixes: stated
            .mac_prefixes
            .iter()
            .map(|prefix| mac_prefix(prefix, source))
            .collect::<Result<_, _>>()?,
        options,
    })
}

fn mac_prefix(prefix: &Spanned<String>, source: &Source) -> Result<String, LoadError> {
    let octets: Vec<&str> = prefix.get_ref().split(':').collect();
    let is_octet = |octet: &&str| octet.len() == 2 && octet.bytes().all(|byte| byte.is_ascii_hexdigit());
    if octets.len() > 6 || !octets.iter().all(is_octet) {
        return Err(source.invalid(
            prefix,
            "mac_prefixes",
            "expected the beginning of a MAC address, \"00:08:5d\"",
        ));
    }
    Ok(prefix.get_ref().to_ascii_lowercase())
}

fn option(code: &str, value: &Spanned<OptionEntry>, source: &Source) -> Result<DhcpOption, LoadError> {
    let refuse = |expected: &str| source.invalid(value, "options", expected);
    let parse = |code: &str| match code.parse::<u8>() {
        Ok(code) if (1..255).contains(&code) => Ok(u32::from(code)),
        _ => Err(refuse("expected option codes from 1 to 254")),
    };
    let check = |text: &str| match unknown_placeholder(text) {
        Some(name) => Err(refuse(&format!("`{{{name}}}` means nothing, only {{http}} and {{tftp}} do"))),
        None => Ok(text.to_owned()),
    };
    let code = parse(code)?;
    match value.get_ref() {
        OptionEntry::Text(text) => Ok(DhcpOption { code, text: check(text)?, sub_options: Vec::new() }),
        OptionEntry::SubOptions(stated) => {
            let mut sub_options = Vec::with_capacity(stated.len());
            for (code, value) in stated {
                let value = match value {
                    SubOptionEntry::Text(text) => dhcp_sub_option::Value::Text(check(text)?),
                    SubOptionEntry::Boolean(flag) => dhcp_sub_option::Value::Boolean(*flag),
                };
                sub_options.push(DhcpSubOption { code: parse(code)?, value: Some(value) });
            }
            sub_options.sort_by_key(|option| option.code);
            Ok(DhcpOption { code, text: String::new(), sub_options })
        }
    }
}

fn unknown_placeholder(text: &str) -> Option<&str> {
    let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.into_iter().find(|name| !PLACEHOLDERS.contains(name))
}
