//! A family with as many targets as wanted: each is a plugin of its own, in a process of its own.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// Writes a copy of the aastra family with this number of targets into a folder of families. The first target knows the
/// phone's firmware, the others are other versions of it.
pub(crate) fn write(families: &Path, targets: usize) -> Result<()> {
    provd_tests::copy_family("aastra", families)?;
    let path = families.join("aastra/plugin.toml");
    let text = fs::read_to_string(&path)?;
    let (head, rest) = text.split_once("[[target]]").unwrap_or((&text, ""));
    // Everything up to the next table of another kind belongs to the targets that are replaced.
    let models = rest.find("[[model]]").map_or("", |at| &rest[at..]);
    let mut manifest = head.to_owned();
    for number in 0..targets {
        let version = if number == 0 { "3.2.2.1136".to_owned() } else { format!("2.0.0.{number}") };
        manifest.push_str("[[target]]\n");
        manifest.push_str(&["id = \"aastra-", &version, "\"\nfirmware = \"", &version, "\"\n\n"].concat());
    }
    manifest.push_str(models);
    Ok(fs::write(path, manifest)?)
}
