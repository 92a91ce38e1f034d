//! A file shared by all devices. Its path depends on nothing that is not known when the folder is loaded.

use crate::declarative::spanned::Spanned;
use provd_proto::v1::GeneratedFile;

use super::content::Content;
use crate::PluginError;
use crate::declarative::error::LoadError;
use crate::declarative::manifest::FileEntry;
use crate::declarative::paths;
use crate::declarative::source::Source;
use crate::declarative::target::{Model, Target};
use crate::declarative::templates::{Context, Family, Templates, Text};

/// The file, for all models or for one.
#[derive(Debug)]
pub(super) struct CommonFile {
    path: Spanned<String>,
    model: Option<Model>,
    content: Content,
}

impl CommonFile {
    /// The one file of an entry, or one for each model of the target.
    pub(super) fn compile(
        entry: &FileEntry,
        source: &Source,
        target: &Target,
        templates: &Templates,
        (path, content): (&Text, &Content),
    ) -> Result<Vec<CommonFile>, LoadError> {
        if let Some(trigger) = &entry.trigger {
            let expected = "fetching a common file proves nothing of a device";
            return Err(source.invalid(trigger, "trigger", expected));
        }
        let each_model = entry.each_model.as_ref().is_some_and(|each_model| *each_model.get_ref());
        let models: Vec<Option<&Model>> =
            if each_model { target.models.iter().map(Some).collect() } else { vec![None] };
        let file = |model: Option<&Model>| {
            let path = path_for(model, target, templates, path).map_err(|reason| {
                let whose = model.map(|model| format!(" for the model {}", model.name)).unwrap_or_default();
                source.invalid(&entry.path, "path", format!("expected a path{whose}: {reason}"))
            })?;
            let path = Spanned::new(entry.path.span(), path);
            Ok(CommonFile { path, model: model.cloned(), content: content.clone() })
        };
        models.into_iter().map(file).collect()
    }

    pub(super) fn path(&self) -> &str {
        self.path.get_ref()
    }

    /// The file, if it is wanted.
    pub(super) fn generate(
        &self,
        templates: &Templates,
        context: &Context,
    ) -> Result<Option<GeneratedFile>, PluginError> {
        let variables = match &self.model {
            Some(model) => context.with_model(model).value(),
            None => context.value(),
        };
        if !self.content.is_wanted(templates, &variables)? {
            return Ok(None);
        }
        let model = self.model.as_ref().map(|model| model.name.as_str());
        self.content.generate(templates, self.path().to_owned(), model, &variables).map(Some)
    }
}

fn path_for(
    model: Option<&Model>,
    target: &Target,
    templates: &Templates,
    path: &Text,
) -> Result<String, String> {
    let shared = Context::of(&Family::of(target), None).map_err(|error| error.to_string())?;
    let variables = model.map_or_else(|| shared.value(), |model| shared.with_model(model).value());
    let path = templates.render(path, &variables).map_err(|error| error.to_string())?;
    match paths::defect(&path) {
        Some(defect) => Err(format!("`{path}` cannot be one, {defect}")),
        None => Ok(path),
    }
}

/// Two files of one path are a mistake unless conditions keep them apart.
pub(super) fn check_paths(files: &[CommonFile], source: &Source) -> Result<(), LoadError> {
    for (index, file) in files.iter().enumerate() {
        let is_same = |other: &CommonFile| {
            other.path() == file.path() && !(other.content.is_conditional() || file.content.is_conditional())
        };
        if files[..index].iter().any(is_same) {
            let expected = format!("expected a path: two common files have the path `{}`", file.path());
            return Err(source.invalid(&file.path, "path", expected));
        }
    }
    Ok(())
}
