//! What went wrong, for whoever looks after events that do not arrive: a line each in a file beside them.
//!
//! The sender has no terminal and no parent that would read what it says. The file stays small; what cannot be written is
//! lost, for there is nobody else to tell. No token and no body of an event is ever written.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

const NAME: &str = "log";
/// The lines before those.
const EARLIER: &str = "log.1";
/// A longer file is set aside, in bytes.
const LONGEST: u64 = 64 * 1024;
/// More of a line is cut off, in characters.
const LINE: usize = 400;

/// The file.
#[derive(Debug, Clone)]
pub(super) struct Log {
    folder: PathBuf,
}

impl Log {
    pub(super) fn beside(folder: &Path) -> Log {
        Log { folder: folder.to_owned() }
    }

    /// Adds a line, and says it to whoever runs this by hand.
    pub(super) fn line(&self, text: &str) {
        // Neither a terminal that is gone nor a full disk is a reason to stop sending.
        let _ = writeln!(io::stderr(), "provd dhcp-hook: {text}");
        let _ = self.append(text);
    }

    /// The last line.
    pub(super) fn last(&self) -> Option<String> {
        let text = fs::read(self.folder.join(NAME)).ok()?;
        String::from_utf8_lossy(&text).lines().last().map(str::to_owned)
    }

    fn append(&self, text: &str) -> io::Result<()> {
        let path = self.folder.join(NAME);
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > LONGEST) {
            fs::rename(&path, self.folder.join(EARLIER))?;
        }
        let line: String = text.replace(char::is_control, " ").chars().take(LINE).collect();
        let mut file = File::options().create(true).append(true).open(path)?;
        file.write_all(format!("{:.0} {line}\n", Timestamp::now()).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_found_and_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::beside(folder.path());
        assert_eq!(log.last(), None);
        log.append("one\ntwo").unwrap();
        assert!(log.last().unwrap().ends_with(" one two"));
        for _ in 0..1000 {
            log.append(&"x".repeat(2 * LINE)).unwrap();
        }
        let files = fs::read_dir(folder.path()).unwrap();
        let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes < 3 * LONGEST, "{bytes}");
        assert!(Log::beside(Path::new("/nonexistent")).append("into the void").is_err());
    }
}
