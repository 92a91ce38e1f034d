//! Files that cannot be opened are left alone, and the error says what to do.

use std::fs;
use std::path::Path;

use super::{Database, Fixture};
use crate::storage::OpenError;

async fn refusal(path: &Path) -> OpenError {
    let error = Database::open(path).await.unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    error
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let error = refusal(&directory.path().join("missing/provd.db")).await;
    assert!(matches!(error, OpenError::NoDirectory { .. }) && error.to_string().contains("create it"));
}

/// In `/sys` nobody may create a file, not even the superuser, whom permissions would not stop elsewhere.
#[tokio::test]
async fn a_directory_that_cannot_be_written_is_refused() {
    let error = refusal(Path::new("/sys/provd.db")).await;
    assert!(matches!(error, OpenError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("must be able to write"), "{error}");
}

#[tokio::test]
async fn a_directory_is_no_database() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(refusal(directory.path()).await, OpenError::Refused { .. }));
}

#[tokio::test]
async fn another_file_is_refused_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("provd.db");
    let text = "not a database, but somebody's notes\n".repeat(100);
    fs::write(&path, &text).unwrap();
    assert!(matches!(refusal(&path).await, OpenError::NotADatabase { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_schema_from_the_future_is_refused() {
    let fixture = Fixture::new().await;
    fixture
        .meddle(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
             values (9999, 'what comes next', true, x'00', 0)",
        )
        .await;
    fixture.database.close().await;
    let error = refusal(&fixture.path()).await;
    assert!(matches!(error, OpenError::NewerSchema { found: 9999, .. }));
    assert!(error.to_string().contains("was written by a newer provd"), "{error}");
}

#[tokio::test]
async fn a_schema_of_another_build_is_refused() {
    let fixture = Fixture::new().await;
    fixture.meddle("update _sqlx_migrations set checksum = x'00'").await;
    fixture.database.close().await;
    assert!(matches!(refusal(&fixture.path()).await, OpenError::OtherSchema { step: 1, .. }));
}
