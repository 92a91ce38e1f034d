//! `provd import`: a file of devices and configs, checked whole and stored whole or not at all.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;

use super::EXIT_CODES;
use super::client::{Client, Received};
use super::connection::Connection;
use super::failure::Failure;
use super::operation::{failures_of, follow, has_failed, number_of};
use super::output::Output;
use super::table::{Style, field, harmless};

pub(super) mod report;
mod wazo;

/// Largest file that a server takes, in bytes.
const LARGEST_FILE: usize = 64 << 20;

const EXAMPLES: &str = "\
Examples:
  provd import phones.csv --dry-run
  provd import phones.csv
  provd import configs.csv --kind configs --mode create
  provd export | provd import - --url http://other:8666 --token …
  provd import wazo --from /var/lib/wazo-provd --dry-run

The first row of a table names its columns: mac, ip, vendor, model, version,
plugin, config, description, sn, uuid, options.NAME; of configs id,
parent_ids, raw_config.NAME. Each line of JSON Lines is {\"device\": {…}} or
{\"config\": {…}}.

A device that exists keeps what its line does not state. A config that exists
is replaced. If anything is wrong with any line, nothing is stored.";

/// `provd import`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}\n\nIt ends with 1 as well if all is stored, but phones cannot be\nconfigured."))]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ImportCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(flatten)]
    pub(super) wanted: Wanted,
}

/// What to import.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    #[command(subcommand)]
    source: Option<Source>,
    #[command(flatten)]
    file: Option<FromFile>,
}

/// What else there is to import from.
#[derive(Debug, Subcommand)]
enum Source {
    /// Take over all that a wazo-provd server has: plugins, files, parameters, configs, phones
    Wazo(Box<wazo::WazoCommand>),
}

/// A file, and how to import it.
#[derive(Debug, Args)]
struct FromFile {
    /// CSV or JSON Lines; - reads it from standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,

    /// Only check the file, and show what would change
    #[arg(long)]
    dry_run: bool,

    /// What the rows of a table are [default: configs if there is a column for parents, else devices]; of JSON Lines only these are
    /// taken
    #[arg(long)]
    kind: Option<FileKind>,

    /// What may become of a line
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,

    /// How the file is written [default: as its name or its first character says]
    #[arg(long)]
    format: Option<FileFormat>,

    /// Do not wait until the phones are configured
    #[arg(long)]
    no_wait: bool,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FileKind {
    Devices,
    Configs,
}

impl FileKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            FileKind::Devices => "devices",
            FileKind::Configs => "configs",
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    Csv,
    Jsonl,
}

impl FileFormat {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Jsonl => "jsonl",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            FileFormat::Csv => "text/csv",
            FileFormat::Jsonl => JSON_LINES,
        }
    }

    /// By the name of the file, else by how it begins.
    pub(super) fn of(path: &Path, begins: &[u8]) -> FileFormat {
        let extension = path.extension().map(OsStr::to_ascii_lowercase);
        match extension.as_deref().and_then(|extension| extension.to_str()) {
            Some("csv" | "tsv") => FileFormat::Csv,
            Some("jsonl" | "ndjson" | "json") => FileFormat::Jsonl,
            _ if begins.trim_ascii_start().starts_with(b"{") => FileFormat::Jsonl,
            _ => FileFormat::Csv,
        }
    }
}

/// What may become of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// Only something new
    Create,
    /// Only a change of what there is
    Update,
    /// Either
    #[default]
    Upsert,
}

impl Mode {
    fn as_str(self) -> &'static str {
        match self {
            Mode::Create => "create",
            Mode::Update => "update",
            Mode::Upsert => "upsert",
        }
    }
}

/// The media type of a document a line.
pub(super) const JSON_LINES: &str = "application/jsonl";

pub(super) async fn execute(wanted: Wanted, client: &Client, style: Style) -> Result<Output, Failure> {
    match wanted {
        Wanted { source: Some(Source::Wazo(command)), .. } => wazo::execute(*command, client, style).await,
        Wanted { file: Some(file), .. } => from_file(file, client, style).await,
        // Clap asks for one of them.
        Wanted { .. } => Err(Failure::Usage("say which file to import".to_owned())),
    }
}

async fn from_file(wanted: FromFile, client: &Client, style: Style) -> Result<Output, Failure> {
    let file = bytes_of(&wanted.file)?;
    let format = wanted.format.unwrap_or_else(|| FileFormat::of(&wanted.file, &file));
    let kind = wanted.kind.or_else(|| (format == FileFormat::Csv).then(|| kind_of(&file)));
    let kind = kind.map(|kind| format!("&kind={}", kind.as_str())).unwrap_or_default();
    let path = format!("/import?dry_run={}&mode={}{kind}", wanted.dry_run, wanted.mode.as_str());
    let received = client.send_file(&path, format.media_type(), file).await?;
    let name = wanted.file.display().to_string();
    let text = report::text(&received.document, style);
    if received.is_refused {
        let why = report::refusal(&received.document, &name);
        return Err(Failure::in_part(Output::Document { document: received.document, text }, why));
    }
    finish(received, text, wanted.no_wait, client).await
}

/// What follows from what is stored: phones that are configured, and those that cannot be.
pub(super) async fn finish(
    received: Received,
    text: String,
    no_wait: bool,
    client: &Client,
) -> Result<Output, Failure> {
    let Received { mut document, operation, .. } = received;
    let Some(path) = operation else { return Ok(Output::Document { document, text }) };
    if no_wait {
        let number = number_of(&path);
        let text = format!("{text}\nThe phones are configured: see `provd operation watch {number}`.");
        return Ok(Output::Document { document, text });
    }
    let operation = follow(&path, client).await?;
    let reason = harmless(&field(&operation, "reason"));
    // Devices without a plugin that is installed are not among those to configure.
    let is_for_nobody = operation.get("end").and_then(Value::as_u64) == Some(0);
    let why = has_failed(&operation).then(|| [vec![reason], failures_of(&operation)].concat().join("\n"));
    if let Some(document) = document.as_object_mut() {
        document.insert("operation".to_owned(), operation);
    }
    match why {
        None if is_for_nobody => Ok(Output::Document { document, text }),
        None => Ok(Output::Document { document, text: format!("{text}\nThe phones are configured.") }),
        Some(why) => Err(Failure::in_part(Output::Document { document, text }, why)),
    }
}

/// What the rows of a table are, by its first row.
fn kind_of(file: &[u8]) -> FileKind {
    let header =
        file.split(|byte| *byte == b'\n').find(|line| !line.starts_with(b"sep=")).unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    let mut names = header.split([',', ';', '\t']).map(|name| name.trim_matches(['"', ' ', '\r']));
    if names.any(|name| name == "parent_ids" || name.starts_with("raw_config")) {
        FileKind::Configs
    } else {
        FileKind::Devices
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let refused = |why: String| Failure::File { path: path.to_owned(), why };
    let bytes = bytes.map_err(|error| refused(error.to_string()))?;
    // The server would hang up in the midst of it, which says less.
    if bytes.len() > LARGEST_FILE {
        return Err(refused(format!("it is larger than {} MiB: import it in parts", LARGEST_FILE >> 20)));
    }
    Ok(bytes)
}

/// The part of a server's document that says what became of a file.
pub(super) fn inner(document: &Value) -> &Value {
    document.get("import").unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name_or_its_beginning() {
        for (path, begins, format) in [
            ("a.csv", "{", FileFormat::Csv),
            ("a.JSONL", "mac", FileFormat::Jsonl),
            ("-", "\n {\"device\"", FileFormat::Jsonl),
            ("-", "mac;config", FileFormat::Csv),
            ("a", "", FileFormat::Csv),
        ] {
            assert_eq!(FileFormat::of(Path::new(path), begins.as_bytes()), format, "{path}");
        }
    }

    #[test]
    fn a_table_of_configs_is_known_by_its_columns() {
        for (file, kind) in [
            ("mac,config\n", FileKind::Devices),
            ("id;\"parent_ids\"\r\n", FileKind::Configs),
            ("sep=;\nid;raw_config.ntp_ip\n", FileKind::Configs),
            ("", FileKind::Devices),
        ] {
            assert_eq!(kind_of(file.as_bytes()), kind, "{file:?}");
        }
    }
}
