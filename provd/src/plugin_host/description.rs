//! What a plugin says of itself: whether it can be believed, and what of it is compiled before it is used.

use std::path::{Component, Path};

use provd_plugin_runner::extraction::Rules;
use provd_proto::negotiation::{API_MAJOR, negotiate};
use provd_proto::v1;
use regex::RegexSet;

use super::{convert, filters};
use crate::domain::dhcp::DhcpHint;

/// A description that can be believed, made fit for use.
#[derive(Debug)]
pub(super) struct Judged {
    /// On base names of files that hold secrets.
    pub(super) sensitive: RegexSet,
    pub(super) dhcp_hints: Vec<DhcpHint>,
    /// By which requests are read without asking it; absent: it is always asked.
    pub(super) rules: Option<Rules>,
}

impl Judged {
    /// The description of the plugin with this id.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn of(id: &str, description: &v1::DescribeResponse) -> Result<Judged, String> {
        check(id, description)?;
        let sensitive = RegexSet::new(&description.sensitive_filenames)
            .map_err(|error| format!("a pattern of sensitive file names is not usable: {error}"))?;
        let rules = description.extraction.as_ref().map(Rules::compile).transpose();
        let rules = rules.map_err(|why| format!("its rules of extraction are not usable: {why}"))?;
        Ok(Judged { sensitive, dhcp_hints: convert::dhcp_hints(&description.dhcp_hints)?, rules })
    }
}

fn check(id: &str, description: &v1::DescribeResponse) -> Result<(), String> {
    if description.id != id {
        return Err(format!("it says that it is `{}`", description.id.escape_debug()));
    }
    // The major version was compared when the manifest was read.
    negotiate(API_MAJOR, description.api_minor, &description.features)
        .map_err(|refusal| refusal.to_string())?;
    let beneath =
        |folder: &String| Path::new(folder).components().all(|part| matches!(part, Component::Normal(_)));
    if let Some(folder) = description.served_folders.iter().find(|folder| !beneath(folder)) {
        return Err(format!("its served folder `{}` is not below its own", folder.escape_debug()));
    }
    if !beneath(&description.firmware_folder) || description.firmware_folder.ends_with('/') {
        let folder = description.firmware_folder.escape_debug();
        return Err(format!("its firmware folder `{folder}` is not `FOLDER` or `FOLDER/FOLDER`"));
    }
    filters::check(&description.filters)
}
