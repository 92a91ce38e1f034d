//! Cases about files: what is generated for a device, or in common for all.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use provd_proto::v1::{ConfigureCommonRequest, ConfigureRequest, ConfigureResponse, GeneratedFile};
use toml::Spanned;

use super::facts::quoted;
use super::format::ConfigureCase;
use super::{Mode, Run, Target, Verdict, difference};
use crate::packages::read_folder;
use crate::plugin_host::workbench::{Refusal, judge_configuration};

impl Run<'_> {
    /// Configures with every target the case is for.
    pub(super) async fn configuration(&mut self, case: &Spanned<ConfigureCase>) {
        let name = case.get_ref().name.as_deref().unwrap_or("configure");
        if !self.is_wanted(name) {
            return;
        }
        for target in self.chosen(case, name, case.get_ref().target.as_ref()) {
            let verdict = self.configure(target, case.get_ref()).await;
            self.add(case, name, &target.id, verdict);
        }
    }

    async fn configure(&mut self, target: &Target, case: &ConfigureCase) -> Verdict {
        let answer = configured(target, case, self.file.folder()).await?;
        let generated = match (answer, &case.error) {
            (Err(refusal), Some(expected)) if refusal.message.contains(expected.get_ref()) => return Ok(()),
            (Err(refusal), Some(expected)) if self.mode == Mode::Accept => {
                self.edits.replace(expected.span(), quoted(&refusal.message));
                return Ok(());
            }
            (Err(refusal), Some(expected)) => {
                return Err(format!("expected an error with {:?}\nfound    {refusal}", expected.get_ref()));
            }
            (Err(refusal), None) => return Err(format!("configuring failed: {refusal}")),
            (Ok(_), Some(expected)) => {
                return Err(format!("expected an error with {:?}, but it succeeded", expected.get_ref()));
            }
            (Ok(generated), None) => generated,
        };
        judge_configuration(generated.clone()).map_err(|why| format!("provd does not accept this: {why}"))?;
        let mut defects = contained(case, &generated);
        defects.extend(self.warnings(case, &generated));
        defects.extend(self.trigger(case, &generated));
        if let Some(name) = &case.files {
            defects.extend(self.files(name, &generated.files));
        }
        if defects.is_empty() { Ok(()) } else { Err(defects.join("\n")) }
    }

    fn warnings(&mut self, case: &ConfigureCase, generated: &ConfigureResponse) -> Option<String> {
        let stated = case.warnings.as_ref()?;
        let expected: BTreeSet<&str> = stated.get_ref().iter().map(String::as_str).collect();
        let found: BTreeSet<&str> =
            generated.warnings.iter().map(|warning| warning.parameter.as_str()).collect();
        if expected == found {
            return None;
        }
        if self.mode == Mode::Accept {
            let found: Vec<String> = found.into_iter().map(quoted).collect();
            self.edits.replace(stated.span(), format!("[{}]", found.join(", ")));
            return None;
        }
        Some(format!("expected warnings of {expected:?}\nfound    {found:?}"))
    }

    fn trigger(&mut self, case: &ConfigureCase, generated: &ConfigureResponse) -> Option<String> {
        let stated = case.trigger.as_ref().filter(|stated| *stated.get_ref() != generated.trigger_path)?;
        if self.mode == Mode::Accept {
            self.edits.replace(stated.span(), quoted(&generated.trigger_path));
            return None;
        }
        Some(format!("expected the trigger {:?}\nfound    {:?}", stated.get_ref(), generated.trigger_path))
    }

    /// The folder must hold exactly the generated files.
    fn files(&self, name: &str, generated: &[GeneratedFile]) -> Vec<String> {
        let is_beneath = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_beneath || name.is_empty() {
            return vec![format!("files = {name:?}: expected a folder in tests/")];
        }
        let folder = &self.file.folder().join(name);
        let expected = match files_below(folder) {
            Ok(expected) => expected,
            Err(error) => return vec![format!("{}: {error}", folder.display())],
        };
        let is_generated = |path: &PathBuf| generated.iter().any(|file| Path::new(&file.path) == path);
        let superfluous = expected.iter().filter(|path| !is_generated(path));
        if self.mode == Mode::Accept {
            let accepted = accept(self.file.folder(), folder, generated, superfluous);
            return accepted
                .err()
                .map(|error| format!("{}: {error}", folder.display()))
                .into_iter()
                .collect();
        }
        let mut defects: Vec<String> =
            superfluous.map(|path| format!("{} was not generated", folder.join(path).display())).collect();
        for file in generated {
            match fs::read(folder.join(&file.path)) {
                Ok(content) => defects.extend(difference::between(&file.path, &content, &file.content)),
                Err(_) => defects.push(format!("{} was generated, but is not expected", file.path)),
            }
        }
        defects
    }
}

async fn configured(
    target: &Target,
    case: &ConfigureCase,
    folder: &Path,
) -> Result<Result<ConfigureResponse, Refusal>, String> {
    let (raw_config, caller) = (Some(case.raw_config(folder)?), target.trial.caller());
    if let Some(device) = case.device() {
        return Ok(caller.configure(ConfigureRequest { device: Some(device), raw_config }).await);
    }
    let answer = caller.configure_common(ConfigureCommonRequest { raw_config }).await;
    Ok(answer.map(|common| ConfigureResponse {
        files: common.files,
        warnings: common.warnings,
        trigger_path: String::new(),
    }))
}

fn contained(case: &ConfigureCase, generated: &ConfigureResponse) -> Vec<String> {
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

/// Relative paths of files below a folder; of one that is not there, none.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    Ok(read_folder(folder).map_err(|error| error.to_string())?.into_keys().collect())
}

/// Their paths were judged: none of them leads out of the folder, unless through a link.
fn accept<'p>(
    tests: &Path,
    folder: &Path,
    generated: &[GeneratedFile],
    superfluous: impl Iterator<Item = &'p PathBuf>,
) -> io::Result<()> {
    for path in superfluous.map(|path| folder.join(path)) {
        leads_nowhere_else(tests, &path)?;
        fs::remove_file(path)?;
    }
    for file in generated {
        let path = folder.join(&file.path);
        leads_nowhere_else(tests, &path)?;
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, &file.content)?;
    }
    Ok(())
}

/// Nothing is written or removed through a link, which may lead anywhere.
fn leads_nowhere_else(tests: &Path, path: &Path) -> io::Result<()> {
    let mut below = path.ancestors().take_while(|part| *part != tests);
    match below.find(|part| part.is_symlink()) {
        Some(link) => Err(io::Error::other(format!("{} is a link; remove it", link.display()))),
        None => Ok(()),
    }
}
