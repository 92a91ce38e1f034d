//! Cases about files: what is generated for a device, or in common for all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use provd_proto::v1::{ConfigureCommonRequest, ConfigureRequest, GeneratedFile, RawConfig, Warning};
use serde_json::Value;

use super::format::{self, ConfigureCase, RawConfigForm};
use super::{Mode, Results, chosen, difference, no_such_target};
use crate::declarative::engine::Engine;
use crate::{Plugin, PluginError};

/// What one target generated.
struct Generated {
    files: Vec<GeneratedFile>,
    warnings: Vec<Warning>,
    trigger: String,
}

/// Configures with every target the case is for.
pub(super) async fn check(engines: &[Engine], case: &ConfigureCase, file: &Path, mode: Mode) -> Results {
    let engines = chosen(engines, case.target.as_deref());
    if engines.is_empty() {
        return no_such_target(case.target.as_deref());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut results = Results::new();
    for engine in engines {
        let result = check_target(engine, case, folder, mode).await;
        results.push((engine.id().to_owned(), result));
    }
    results
}

async fn check_target(
    engine: &Engine,
    case: &ConfigureCase,
    folder: &Path,
    mode: Mode,
) -> Result<(), String> {
    let raw_config = raw_config(case, folder)?;
    let generated = match (generate(engine, case, raw_config).await, &case.error) {
        (Err(error), Some(expected)) if error.to_string().contains(expected) => return Ok(()),
        (Err(error), Some(expected)) => {
            return Err(format!("expected an error with {expected:?}\nfound    {error}"));
        }
        (Err(error), None) => return Err(format!("configuring failed: {error}")),
        (Ok(_), Some(expected)) => {
            return Err(format!("expected an error with {expected:?}, but it succeeded"));
        }
        (Ok(generated), None) => generated,
    };
    let mut defects = Vec::new();
    defects.extend(check_contains(case, &generated));
    defects.extend(check_warnings(case, &generated));
    if let Some(trigger) = case.trigger.as_ref().filter(|trigger| **trigger != generated.trigger) {
        defects.push(format!("expected the trigger {trigger:?}\nfound    {:?}", generated.trigger));
    }
    if let Some(name) = &case.files {
        defects.extend(check_files(&folder.join(name), &generated.files, mode));
    }
    if defects.is_empty() { Ok(()) } else { Err(defects.join("\n")) }
}

fn raw_config(case: &ConfigureCase, folder: &Path) -> Result<RawConfig, String> {
    let document_json = match &case.raw_config {
        None => "{}".to_owned(),
        Some(RawConfigForm::Table(table)) => Value::Object(table.clone()).to_string(),
        Some(RawConfigForm::File(name)) => {
            let path = folder.join(name);
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?
        }
    };
    Ok(RawConfig { document_json, ..RawConfig::default() })
}

async fn generate(
    engine: &Engine,
    case: &ConfigureCase,
    raw_config: RawConfig,
) -> Result<Generated, PluginError> {
    let raw_config = Some(raw_config);
    if let Some(record) = &case.device {
        let device = Some(format::device(record));
        let answer = engine.configure(ConfigureRequest { device, raw_config }).await?;
        Ok(Generated { files: answer.files, warnings: answer.warnings, trigger: answer.trigger_path })
    } else {
        let answer = engine.configure_common(ConfigureCommonRequest { raw_config }).await?;
        Ok(Generated { files: answer.files, warnings: answer.warnings, trigger: String::new() })
    }
}

fn check_contains(case: &ConfigureCase, generated: &Generated) -> Vec<String> {
    let mut defects = Vec::new();
    for (path, texts) in &case.contains {
        let Some(file) = generated.files.iter().find(|file| file.path == *path) else {
            let paths: Vec<&str> = generated.files.iter().map(|file| file.path.as_str()).collect();
            defects.push(format!("{path} was not generated, only {}", paths.join(", ")));
            continue;
        };
        let content = String::from_utf8_lossy(&file.content);
        let missing = texts.iter().filter(|text| !content.contains(text.as_str()));
        defects.extend(missing.map(|text| format!("{path} does not contain {text:?}")));
    }
    defects
}

fn check_warnings(case: &ConfigureCase, generated: &Generated) -> Option<String> {
    let expected: BTreeSet<&str> = case.warnings.as_ref()?.iter().map(String::as_str).collect();
    let found: BTreeSet<&str> = generated.warnings.iter().map(|warning| warning.parameter.as_str()).collect();
    (expected != found).then(|| format!("expected warnings of {expected:?}\nfound    {found:?}"))
}

/// The folder must hold exactly the generated files.
fn check_files(folder: &Path, generated: &[GeneratedFile], mode: Mode) -> Vec<String> {
    let expected = match files_below(folder) {
        Ok(expected) => expected,
        Err(error) => return vec![format!("{}: {error}", folder.display())],
    };
    let superfluous: Vec<&PathBuf> = expected
        .iter()
        .filter(|path| !generated.iter().any(|file| folder.join(&file.path) == **path))
        .collect();
    if mode == Mode::Bless {
        let blessed = bless(folder, generated, &superfluous);
        return blessed.err().map(|error| format!("{}: {error}", folder.display())).into_iter().collect();
    }
    let mut defects: Vec<String> =
        superfluous.iter().map(|path| format!("{} was not generated", path.display())).collect();
    for file in generated {
        match std::fs::read(folder.join(&file.path)) {
            Ok(content) => {
                let difference = difference::between(&content, &file.content);
                defects.extend(difference.map(|difference| format!("{} differs {difference}", file.path)));
            }
            Err(_) => defects.push(format!("{} was generated, but is not expected", file.path)),
        }
    }
    defects
}

fn bless(folder: &Path, generated: &[GeneratedFile], superfluous: &[&PathBuf]) -> std::io::Result<()> {
    for path in superfluous {
        std::fs::remove_file(path)?;
    }
    for file in generated {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, &file.content)?;
    }
    Ok(())
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}
