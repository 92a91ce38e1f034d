//! What a plugin's author does with files alone: packages, their keys and signatures.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Style, cell, size, table};
use super::indexing::{IndexArguments, index};
use crate::packages::{
    self, EXTENSION, Files, Foreign, Manifest, SIGNATURE, SigningKey, Tftpboot, is_foreign, read_folder,
};

/// Where the password of a key is, if it has one.
const PASSWORD: &str = "PROVD_KEY_PASSWORD";

const COLUMNS: Columns = Columns {
    headings: &["FILE", "ID", "VERSION", "SIZE", "SIGNED BY"],
    dispensable: &["SIZE", "ID"],
    breaks: None,
};

/// What an author does with files.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PackingAction {
    /// Build a package of each plugin in a folder: the same files always give the same bytes
    Package(PackageArguments),
    /// Write the index of a folder of packages, which any web server then offers as a repository
    Index(IndexArguments),
    /// Make a pair of keys: the secret one signs packages, the public one is what servers trust
    Key(KeyArguments),
}

/// What to pack.
#[derive(Debug, Args)]
pub(in crate::cli) struct PackageArguments {
    /// Folders with a plugin.toml, or with a plugin of wazo-provd
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Folder to write the packages into
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    output: PathBuf,
    /// Sign them with this secret key, of `provd plugin key` or minisign; a password it has is in `PROVD_KEY_PASSWORD`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Where the keys go.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeyArguments {
    /// File for the secret key; the public one is beside it, with the end .pub
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(in crate::cli) fn execute(action: PackingAction, style: Style) -> Result<Output, Failure> {
    match action {
        PackingAction::Package(arguments) => package(&arguments, style),
        PackingAction::Index(arguments) => index(&arguments, style),
        PackingAction::Key(arguments) => key(&arguments.file),
    }
}

/// A package's file.
struct Built {
    path: PathBuf,
    id: String,
    version: String,
    size: usize,
    sha256: String,
    signed_by: Option<String>,
}

fn package(arguments: &PackageArguments, style: Style) -> Result<Output, Failure> {
    let key = arguments.key.as_deref().map(signing_key).transpose()?;
    fs::create_dir_all(&arguments.output).map_err(|error| at(&arguments.output, error))?;
    let mut built = Vec::new();
    for folder in &arguments.folders {
        let (manifest, files) = read(folder)?;
        for id in &manifest.ids {
            let bytes = pack(id, &manifest, &files).map_err(|why| at(folder, format!("{id}: {why}")))?;
            let path = arguments.output.join(format!("{id}_{}{EXTENSION}", manifest.version));
            built.push(Built::new(path, id, &manifest, &bytes, key.as_ref())?);
        }
    }
    Ok(shown(&built, style))
}

fn read(folder: &Path) -> Result<(Manifest, Files), Failure> {
    if is_foreign(folder) {
        let foreign = Foreign::in_folder(folder, Tftpboot::Published).map_err(|error| at(folder, error))?;
        return Ok((foreign.manifest, foreign.files));
    }
    Ok((Manifest::read(folder).map_err(unusable)?, read_folder(folder).map_err(unusable)?))
}

/// The bytes of a package. What servers will refuse is refused here.
pub(super) fn pack(id: &str, manifest: &Manifest, files: &Files) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    packages::write(id, manifest, files, &mut bytes).map_err(|error| error.to_string())?;
    packages::read(&bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

impl Built {
    /// Writes a package, and its signature if there is a key.
    fn new(
        path: PathBuf,
        id: &str,
        manifest: &Manifest,
        bytes: &[u8],
        key: Option<&SigningKey>,
    ) -> Result<Built, Failure> {
        // Never a signature beside what it does not sign.
        remove_stale(&signature_of(&path))?;
        write(&path, bytes)?;
        Ok(Built {
            id: id.to_owned(),
            version: manifest.version.clone(),
            size: bytes.len(),
            sha256: hex::encode(Sha256::digest(bytes)),
            signed_by: key.map(|key| sign(&path, bytes, key)).transpose()?,
            path,
        })
    }

    fn document(&self) -> Value {
        let Built { path, id, version, size, sha256, signed_by } = self;
        json!({"file": path, "id": id, "version": version, "size": size, "sha256": sha256, "signed_by": signed_by})
    }
}

fn key(file: &Path) -> Result<Output, Failure> {
    let key = SigningKey::generate().map_err(unusable)?;
    let public = key.public();
    let text = key.text().map_err(unusable)?;
    let mut secret = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| at(file, error))?;
    secret.write_all(text.as_bytes()).and_then(|()| secret.sync_all()).map_err(|error| at(file, error))?;
    let beside = PathBuf::from(format!("{}.pub", file.display()));
    write(
        &beside,
        format!("untrusted comment: provd public key {}\n{}\n", public.number(), public.text()).as_bytes(),
    )?;
    let text = format!(
        "{} signs; keep it secret. Servers trust what it signs once they have the public key:\n\n{}",
        file.display(),
        public.text()
    );
    let document = json!({"secret": file, "public": beside, "key": public.text(), "number": public.number()});
    Ok(Output::Document { document, text })
}

pub(super) fn signing_key(file: &Path) -> Result<SigningKey, Failure> {
    let text = fs::read_to_string(file).map_err(|error| at(file, error))?;
    SigningKey::parse(&text, std::env::var(PASSWORD).ok()).map_err(|error| at(file, error))
}

pub(super) fn sign(path: &Path, bytes: &[u8], key: &SigningKey) -> Result<String, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let signature = key.sign(bytes, &name).map_err(|error| at(path, error))?;
    write(&signature_of(path), signature.as_bytes())?;
    Ok(key.public().number())
}

pub(super) fn signature_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}{SIGNATURE}", path.display()))
}

/// Puts a file in its place in one step.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let staging = PathBuf::from(format!("{}.part", path.display()));
    fs::write(&staging, bytes).and_then(|()| fs::rename(&staging, path)).map_err(|error| at(path, error))
}

/// A signature of what was there before.
pub(super) fn remove_stale(file: &Path) -> Result<(), Failure> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(file, error)),
        _ => Ok(()),
    }
}

pub(super) fn at(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::File { path: path.to_owned(), why: why.to_string() }
}

/// Something that says itself which file it is about.
pub(super) fn unusable(error: impl std::error::Error) -> Failure {
    Failure::Usage(error.to_string())
}

fn shown(built: &[Built], style: Style) -> Output {
    let row = |built: &Built| {
        let signer = built.signed_by.clone().unwrap_or_else(|| "nobody".to_owned());
        let path = built.path.display().to_string();
        vec![
            cell(&path),
            cell(&built.id),
            cell(&built.version),
            cell(&size(built.size as u64)),
            cell(&signer),
        ]
    };
    let text = table(style, &COLUMNS, built.iter().map(row).collect(), "There are no packages.");
    Output::Document {
        document: json!({"packages": built.iter().map(Built::document).collect::<Vec<_>>()}),
        text,
    }
}
