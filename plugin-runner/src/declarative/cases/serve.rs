//! Cases about serving: which file answers a request.

use provd_proto::v1::ServeFileRequest;
use provd_proto::v1::serve_file_response::Answer;

use super::format::{self, ServeCase};
use super::{Results, chosen, no_such_target};
use crate::declarative::engine::Engine;
use crate::{Plugin, PluginError};

/// Serves with every target the case is for.
pub(super) async fn check(engines: &[Engine], case: &ServeCase) -> Results {
    let engines = chosen(engines, case.target.as_deref());
    if engines.is_empty() {
        return no_such_target(case.target.as_deref());
    }
    let mut results = Results::new();
    for engine in engines {
        results.push((engine.id().to_owned(), check_target(engine, case).await));
    }
    results
}

async fn check_target(engine: &Engine, case: &ServeCase) -> Result<(), String> {
    let expected = match (&case.generated, &case.served, case.not_found) {
        (Some(path), None, false) => format!("generated {path}"),
        (None, Some(path), false) => format!("served {path}"),
        (None, None, true) => "not found".to_owned(),
        _ => return Err("the case states not one of `generated`, `served` and `not_found`".to_owned()),
    };
    let request = Some(format::request(case.http.as_ref(), case.tftp.as_ref(), None)?);
    let device = Some(format::device(&case.device));
    let found = match engine.serve_file(ServeFileRequest { device, request }).await {
        Err(PluginError::NotFound(_)) => "not found".to_owned(),
        Err(error) => return Err(format!("serving failed: {error}")),
        Ok(answer) => match answer.answer {
            Some(Answer::Generated(file)) => format!("generated {}", file.path),
            Some(Answer::Served(file)) => format!("served {}", file.path),
            Some(Answer::Inline(_)) | None => "an answer that names no file".to_owned(),
        },
    };
    if found == expected { Ok(()) } else { Err(format!("expected {expected}\nfound    {found}")) }
}
