//! `provd export`: devices and configs as a file that `provd import` reads, written as it comes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::EXIT_CODES;
use super::assignment::Assignment;
use super::client::Client;
use super::connection::Connection;
use super::device;
use super::failure::Failure;
use super::import::{FileFormat, FileKind};
use super::output::Output;
use super::selection::{query, selector};
use super::table::size;

const EXAMPLES: &str = "\
Examples:
  provd export > all.jsonl
  provd export --kind devices -o phones.csv
  provd export --kind devices --where vendor=Aastra --format csv
  provd export --kind configs -o configs.jsonl

The file holds passwords: one that is made can be read by its owner alone.";

/// `provd export`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct ExportCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(flatten)]
    pub(super) wanted: Wanted,
}

/// What to export, and where to.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Only these [default: configs, then devices]; a table needs one of them
    #[arg(long)]
    kind: Option<FileKind>,

    /// How the file is written [default: as its name says, else jsonl]
    #[arg(long)]
    format: Option<FileFormat>,

    /// Only those that have this value; may be repeated
    #[arg(long = "where", value_name = "KEY=VALUE", requires = "kind")]
    stated: Vec<Assignment>,

    /// File to write; what is there is replaced when all is written [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn execute(wanted: Wanted, client: &Client) -> Result<Output, Failure> {
    let by_name = wanted.output.as_deref().map(|path| FileFormat::of(path, b"{"));
    let format = wanted.format.or(by_name).unwrap_or(FileFormat::Jsonl);
    if format == FileFormat::Csv && wanted.kind.is_none() {
        return Err(Failure::Usage(
            "a table holds either devices or configs: say which with --kind".to_owned(),
        ));
    }
    let kind = wanted.kind.map_or("all", FileKind::as_str);
    let selected = query(selector(&wanted.stated, &device::KIND)?);
    let path = format!("/export?kind={kind}&format={}{selected}", format.as_str());
    let Some(file) = &wanted.output else {
        return match client.receive_file(&path, &mut io::stdout()).await {
            // Whoever reads has seen enough, as `head` has.
            Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Output::said("")),
            outcome => outcome.map(|_| Output::said("")),
        };
    };
    let bytes = write(&path, file, client).await?;
    let text = format!("{} is written: {}.", file.display(), size(bytes));
    Ok(Output::Document { document: json!({"file": file.display().to_string(), "bytes": bytes}), text })
}

/// Half a file is none: it gets its name when it is whole.
async fn write(path: &str, file: &Path, client: &Client) -> Result<u64, Failure> {
    let wrong = |error: io::Error| Failure::File { path: file.to_owned(), why: error.to_string() };
    let unfinished = unfinished(file);
    let mut into = private(&unfinished).map_err(wrong)?;
    let written = client.receive_file(path, &mut into).await;
    let finished = match written {
        Ok(bytes) => into.flush().and_then(|()| fs::rename(&unfinished, file)).map_err(wrong).map(|()| bytes),
        Err(Failure::Output(error)) => Err(wrong(error)),
        Err(failure) => Err(failure),
    };
    if finished.is_err() {
        // What is left of it is of no use; that it stays is no worse than why.
        let _ = fs::remove_file(&unfinished);
    }
    finished
}

fn unfinished(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    name.into()
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
