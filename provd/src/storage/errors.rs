//! What `SQLite` and sqlx report, in the words of the two seams: opening, and the store.
//!
//! An error says what an administrator can do about it. No value that was bound to a statement is ever part of one.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;
use thiserror::Error;

use crate::provisioning::store::StoreError;

/// Why the database cannot be opened. An existing file keeps all its records.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The directory is not there.
    #[error(
        "the database {} cannot be created: its directory does not exist; create it, owned by the user provd runs as",
        path.display()
    )]
    NoDirectory {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refuses.
    #[error(
        "the database {} cannot be opened: {why}; the user provd runs as must be able to write the file and to \
         create files beside it, on a file system that is mounted writable",
        path.display()
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// In the words of the operating system or of `SQLite`.
        why: String,
    },
    /// The file is something else.
    #[error(
        "{} is no SQLite database, or a damaged one; restore it from a backup, or name another file",
        path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A later version has changed the schema.
    #[error(
        "the database {} was written by a newer provd: its schema is number {found}, this version knows {known}; \
         run that version, or restore a backup from before the upgrade",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Number of the schema it has.
        found: i64,
        /// Number of the newest schema known here.
        known: i64,
    },
    /// The schema has the number of one known here, but is not that.
    #[error(
        "the database {} was written by another build of provd: step {step} of its schema differs; \
         run that build, or restore a backup of this one",
        path.display()
    )]
    OtherSchema {
        /// The file.
        path: PathBuf,
        /// Number of the first step that differs.
        step: i64,
    },
    /// Another process holds the lock.
    #[error("the database {} is locked by another process; stop it, or wait for its backup to end", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Anything else: the disk is full, an I/O error.
    #[error("the database {} cannot be opened", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: sqlx::Error,
    },
}

impl OpenError {
    pub(super) fn from_io(path: &Path, error: io::Error) -> OpenError {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => OpenError::NoDirectory { path },
            io::ErrorKind::StorageFull => OpenError::Failed { path, source: error.into() },
            _ => OpenError::Refused { path, why: error.to_string() },
        }
    }

    pub(super) fn from_sqlx(path: &Path, error: sqlx::Error) -> OpenError {
        let path = path.to_owned();
        match Trouble::of(&error) {
            Some(Trouble::Locked) => OpenError::Locked { path },
            Some(Trouble::Refused) => OpenError::Refused { path, why: error.to_string() },
            Some(Trouble::Damaged) => OpenError::NotADatabase { path },
            _ => OpenError::Failed { path, source: error },
        }
    }

    pub(super) fn from_migration(path: &Path, error: MigrateError, known: i64) -> OpenError {
        match error {
            MigrateError::VersionMissing(found) => {
                OpenError::NewerSchema { path: path.to_owned(), found, known }
            }
            MigrateError::VersionMismatch(step) => OpenError::OtherSchema { path: path.to_owned(), step },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                OpenError::from_sqlx(path, error)
            }
            error => {
                OpenError::Failed { path: path.to_owned(), source: sqlx::Error::Migrate(Box::new(error)) }
            }
        }
    }
}

/// What an `SQLite` result code means for whoever runs the server. <https://sqlite.org/rescode.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Locked,
    Refused,
    Full,
    Hardware,
    Damaged,
}

impl Trouble {
    fn of(error: &sqlx::Error) -> Option<Trouble> {
        let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
        // The low byte is the kind, the others are details of it.
        match extended & 0xff {
            5 | 6 => Some(Trouble::Locked),
            3 | 8 | 14 => Some(Trouble::Refused),
            10 => Some(Trouble::Hardware),
            11 | 26 => Some(Trouble::Damaged),
            13 => Some(Trouble::Full),
            _ => None,
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Trouble::Locked => "another process has locked it for too long; find out which, a backup perhaps",
            Trouble::Refused => {
                "it cannot be written; check the owner and the permissions of the file and its directory"
            }
            Trouble::Full => "no space is left; free some on its file system",
            Trouble::Hardware => "reading or writing it failed; check the disk and the system log",
            Trouble::Damaged => "the file is damaged; restore a backup",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        StoreError::Unavailable(match (&error, Trouble::of(&error)) {
            (_, Some(trouble)) => format!("{} ({error})", trouble.advice()),
            (sqlx::Error::PoolTimedOut, _) => {
                "too many changes are waiting for it; check whether the disk is slow".to_owned()
            }
            (sqlx::Error::PoolClosed, _) => "it was closed, because the server stops".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// The error of a statement that inserts a record with this id: a broken constraint means that the id is taken.
pub(super) fn duplicate(id: &str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match error.as_database_error() {
        Some(reported) if reported.is_unique_violation() => StoreError::Duplicate(id.to_owned()),
        _ => error.into(),
    }
}

/// Whether an error is about a table, as `SQLite` names it in those of constraints: `UNIQUE constraint failed: configs.id`.
pub(super) fn names_table(error: &sqlx::Error, table: &str) -> bool {
    let column = error.as_database_error().and_then(|error| error.message().rsplit(": ").next());
    column.and_then(|column| column.split_once('.')).is_some_and(|(named, _)| named == table)
}

/// A record that does not read as what it should be.
pub(super) fn corrupt(what: &str, why: impl Display) -> StoreError {
    StoreError::Corrupt { what: what.to_owned(), why: why.to_string() }
}
