//! What is in a file: when there is one, which template makes it, and how its text becomes bytes.

use minijinja::Value;
use provd_proto::v1::GeneratedFile;

use crate::PluginError;
use crate::declarative::error::LoadError;
use crate::declarative::manifest::{Encoding, FileEntry};
use crate::declarative::paths;
use crate::declarative::source::Source;
use crate::declarative::templates::{Condition, RenderError, Templates, to_ascii, to_latin1};

/// Everything about a `[[file]]` but its path.
#[derive(Debug, Clone)]
pub(super) struct Content {
    folder: String,
    when: Option<Condition>,
    sensitive: bool,
    media_type: String,
    encoding: Encoding,
}

impl Content {
    pub(super) fn compile(
        entry: &FileEntry,
        source: &Source,
        templates: &mut Templates,
    ) -> Result<Content, LoadError> {
        let folder = entry.template.get_ref();
        if !templates.has_folder(folder) {
            let expected = format!("expected a folder with templates: templates/{folder} has none");
            return Err(source.invalid(&entry.template, "template", expected));
        }
        let when = entry.when.as_ref().map(|when| templates.condition(source, when, "when"));
        Ok(Content {
            folder: folder.clone(),
            when: when.transpose()?,
            sensitive: entry.sensitive,
            media_type: entry.media_type.clone(),
            encoding: entry.encoding,
        })
    }

    /// Whether there may be no file.
    pub(super) fn is_conditional(&self) -> bool {
        self.when.is_some()
    }

    /// Whether the file is generated for these variables.
    pub(super) fn is_wanted(&self, templates: &Templates, variables: &Value) -> Result<bool, RenderError> {
        self.when.as_ref().map_or(Ok(true), |when| templates.holds(when, variables))
    }

    /// Renders the file by the most specific template there is.
    pub(super) fn generate(
        &self,
        templates: &Templates,
        path: String,
        model: Option<&str>,
        variables: &Value,
    ) -> Result<GeneratedFile, PluginError> {
        if let Some(defect) = paths::defect(&path) {
            let message = format!("a file of this plugin cannot have the path `{path}`: {defect}");
            return Err(PluginError::FailedPrecondition(message));
        }
        let names: Vec<&str> =
            [Some(paths::base_name(&path)), model, Some("base")].into_iter().flatten().collect();
        let template = templates.choose(&self.folder, &names).ok_or_else(|| self.no_template(model))?;
        let text = templates.render_named(&template, variables)?;
        Ok(GeneratedFile {
            path,
            content: encode(&text, self.encoding),
            media_type: self.media_type.clone(),
            sensitive: self.sensitive,
        })
    }

    fn no_template(&self, model: Option<&str>) -> PluginError {
        let folder = &self.folder;
        PluginError::FailedPrecondition(match model {
            Some(model) => format!(
                "this plugin has no template for the model {model}: {folder}/{model}.j2 or {folder}/base.j2"
            ),
            None => format!("the model of this device is not known, and the plugin has no {folder}/base.j2"),
        })
    }
}

fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Ascii => to_ascii(text).into_bytes(),
        Encoding::Latin1 => {
            to_latin1(text).chars().filter_map(|character| u8::try_from(character).ok()).collect()
        }
    }
}
