//! A family with as many targets as wanted: each is a plugin of its own, in a process of its own. Files of its phones have
//! some 4 KB, as those of phones with many keys have.

use std::fs;
use std::path::Path;

use anyhow::Result;
use provd_tests::Server;

/// Lines by which the file of a phone is longer.
const REMARKS: usize = 88;

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
        manifest.push_str("[[target]]\n");
        manifest
            .push_str(&["id = \"", &id(number), "\"\nfirmware = \"", &version(number), "\"\n\n"].concat());
    }
    manifest.push_str(models);
    fs::write(path, manifest)?;
    let template = families.join("aastra/templates/phone/base.j2");
    let text = fs::read_to_string(&template)?;
    Ok(fs::write(template, text + &"# What fills the file is a remark.\n".repeat(REMARKS))?)
}

/// Waits until both plugins of the aastra family as it comes are ready. One that still starts would count as work for phones.
pub(crate) async fn aastra_is_ready(server: &Server) -> Result<()> {
    for plugin in ["aastra-2.6.0.2019", "aastra-3.2.2.1136"] {
        server.ready(plugin).await?;
    }
    Ok(())
}

/// The plugin of a target.
pub(crate) fn id(number: usize) -> String {
    format!("aastra-{}", version(number))
}

/// The firmware that the plugin of a target is for.
pub(crate) fn version(number: usize) -> String {
    if number == 0 { "3.2.2.1136".to_owned() } else { format!("2.0.0.{number}") }
}
