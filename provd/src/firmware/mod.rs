//! Firmware and languages of phones: read from plugins' definitions, downloaded or brought along, unpacked, and laid where
//! phones find them.
//!
//! Vendors' files are kept by their SHA-256, once for all plugins. A package is installed into a folder of its own by one
//! rename, outside the version folders of plugins, so that it survives their upgrades. What phones are served is one tree per
//! plugin, made of hard links to the files of all its packages and exchanged by one rename: looking for a file costs one
//! resolution however many packages there are, and nothing where a plugin's own folder has it.

mod definition;
mod fetching;
mod graph;
mod importing;
mod ini;
mod installation;
mod listing;
mod placement;
mod record;
mod sources;
mod steps;
mod store;
mod toml;
mod variables;

#[cfg(test)]
mod tests;

pub use definition::InvalidDefinition;
pub use installation::Firmware;
