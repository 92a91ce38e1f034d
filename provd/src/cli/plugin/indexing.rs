//! The index of a folder of packages: with it, any web server that offers the folder is a repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Style, cell, size, table};
use super::packaging::{at, remove_stale, sign, signature_of, signing_key, unusable, write};
use crate::packages::{
    Channel, EXTENSION, INDEX, Index, Offer, SigningKey, Unsigned, check_signature, entries, read,
};

const COLUMNS: Columns = Columns {
    headings: &["FILE", "ID", "VERSION", "CHANNEL", "SIZE", "SIGNED BY"],
    dispensable: &["SIZE", "ID"],
    breaks: None,
};

/// What to list.
#[derive(Debug, Args)]
pub(in crate::cli) struct IndexArguments {
    /// Folder of packages; those in its subfolder `testing` are offered to servers that follow the channel testing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Sign the index with this secret key, and each package that nobody has signed
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// A package that is listed.
struct Listed {
    offer: Offer,
    signed_by: Option<String>,
}

pub(super) fn index(arguments: &IndexArguments, style: Style) -> Result<Output, Failure> {
    let folder = &arguments.folder;
    let key = arguments.key.as_deref().map(signing_key).transpose()?;
    let mut listed = list(folder, Channel::Stable, key.as_ref())?;
    let testing = folder.join(Channel::Testing.as_str());
    if testing.is_dir() {
        listed.extend(list(&testing, Channel::Testing, key.as_ref())?);
    }
    let made = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let offers = listed.iter().map(|listed| listed.offer.clone()).collect();
    let text = Index::new(made, offers).to_json().map_err(|error| at(folder, error))?;
    // Servers read: what they would refuse is refused here.
    Index::parse(&text).map_err(|error| at(folder, error))?;
    // Who fetches both in this moment has the signature of another index, and fetches them again.
    let path = folder.join(INDEX);
    write(&path, &text)?;
    match &key {
        Some(key) => drop(sign(&path, &text, key)?),
        None => remove_stale(&signature_of(&path))?,
    }
    Ok(shown(&listed, style))
}

fn list(folder: &Path, channel: Channel, key: Option<&SigningKey>) -> Result<Vec<Listed>, Failure> {
    let mut paths = entries(folder).map_err(unusable)?;
    paths.retain(|path| path.to_string_lossy().ends_with(EXTENSION));
    paths.iter().map(|path| Listed::new(path, channel, key)).collect()
}

impl Listed {
    fn new(path: &Path, channel: Channel, key: Option<&SigningKey>) -> Result<Listed, Failure> {
        let bytes = fs::read(path).map_err(|error| at(path, error))?;
        let package = read(&bytes).map_err(|error| at(path, error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let offer = Offer {
            id: package.contents.id,
            version: package.contents.version,
            description: package.contents.description,
            channel,
            file: match channel {
                Channel::Stable => name.into_owned(),
                Channel::Testing => format!("{}/{name}", channel.as_str()),
            },
            size: bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(&bytes)),
        };
        Ok(Listed { offer, signed_by: signer(path, &bytes, key)? })
    }

    fn document(&self) -> Value {
        let Listed { offer, signed_by } = self;
        json!({"file": offer.file, "id": offer.id, "version": offer.version, "channel": offer.channel,
            "size": offer.size, "sha256": offer.sha256, "signed_by": signed_by})
    }
}

/// Who signed a package; if nobody did, the key does.
fn signer(path: &Path, bytes: &[u8], key: Option<&SigningKey>) -> Result<Option<String>, Failure> {
    let file = signature_of(path);
    if !file.exists() {
        return key.map(|key| sign(path, bytes, key)).transpose();
    }
    let signature = fs::read_to_string(&file).map_err(|error| at(&file, error))?;
    let public = key.map(SigningKey::public);
    match check_signature(bytes, &signature, public.as_ref()) {
        Ok(known) => Ok(Some(known.number())),
        // Somebody else's package stays his.
        Err(Unsigned::Stranger(number)) => Ok(Some(number)),
        Err(error) => Err(at(path, error)),
    }
}

fn shown(listed: &[Listed], style: Style) -> Output {
    let row = |Listed { offer, signed_by }: &Listed| {
        vec![
            cell(&offer.file),
            cell(&offer.id),
            cell(&offer.version),
            cell(offer.channel.as_str()),
            cell(&size(offer.size)),
            cell(signed_by.as_deref().unwrap_or("nobody")),
        ]
    };
    let text = table(style, &COLUMNS, listed.iter().map(row).collect(), "There are no packages.");
    let documents: Vec<_> = listed.iter().map(Listed::document).collect();
    Output::Document { document: json!({"packages": documents}), text }
}
