//! The templates and expressions of one plugin, compiled once when the folder is loaded.
//!
//! Templates come from several folders, the later ones in front of the earlier; expressions come from `plugin.toml`.
//! What is rendered depends on nothing but its context: there is no clock, no randomness and no file access.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::declarative::spanned::Spanned;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, escape_formatter};

use super::error::LoadError;
use super::source::Source;

pub(crate) use context::{Context, Family};
pub(crate) use error::RenderError;
pub(crate) use transliteration::{to_ascii, to_latin1};

mod context;
mod error;
mod escaping;
mod filters;
pub(crate) mod glossary;
mod mac_spelling;
mod numbered;
mod phonebook;
mod transliteration;
mod variables;

/// What a template's file name ends in.
const SUFFIX: &str = ".j2";

/// Compiled templates and expressions.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// Where each template was read, by its path below `templates/`.
    files: BTreeMap<String, PathBuf>,
}

/// A value of `plugin.toml` that is a template itself.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    name: String,
}

/// An expression of `plugin.toml` that is true or false.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    name: String,
}

impl Templates {
    /// Compiles every template in these folders; one in a later folder replaces its namesake in an earlier. Folders
    /// may be missing.
    pub(crate) fn load(folders: &[PathBuf]) -> Result<Templates, LoadError> {
        let mut templates = Templates { environment: environment(), files: BTreeMap::new() };
        for folder in folders {
            templates.add_folder(folder, "")?;
        }
        Ok(templates)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), LoadError> {
        for (name, path) in entries(folder)? {
            let name = format!("{prefix}{name}");
            if path.is_dir() {
                self.add_folder(&path, &format!("{name}/"))?;
            } else if name.ends_with(SUFFIX) {
                self.add_file(name, path)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, name: String, file: PathBuf) -> Result<(), LoadError> {
        let text = std::fs::read_to_string(&file)
            .map_err(|cause| LoadError::Unreadable { file: file.clone(), cause })?;
        self.environment.add_template_owned(name.clone(), text).map_err(|error| LoadError::Template {
            file: file.clone(),
            line: error.line().unwrap_or(1),
            message: error::reason(&error),
        })?;
        self.files.insert(name, file);
        Ok(())
    }

    /// Compiles a value that is a template.
    pub(crate) fn text(
        &mut self,
        source: &Source,
        at: &Spanned<String>,
        key: &str,
    ) -> Result<Text, LoadError> {
        let name = expression_name(source, at, key);
        let add = self.environment.add_template_owned(name.clone(), at.get_ref().clone());
        add.map_err(|error| {
            source.invalid(at, key, format!("expected a template: {}", error::reason(&error)))
        })?;
        Ok(Text { name })
    }

    /// Compiles a value that is an expression.
    pub(crate) fn condition(
        &mut self,
        source: &Source,
        at: &Spanned<String>,
        key: &str,
    ) -> Result<Condition, LoadError> {
        let expression = at.get_ref();
        let refuse = |error: &minijinja::Error| {
            source.invalid(at, key, format!("expected an expression: {}", error::reason(error)))
        };
        self.environment.compile_expression_owned(expression.clone()).map_err(|error| refuse(&error))?;
        // A compiled expression borrows its environment, a template is kept by it.
        let name = expression_name(source, at, key);
        let template = format!("{{% if {expression} %}}true{{% endif %}}");
        self.environment.add_template_owned(name.clone(), template).map_err(|error| refuse(&error))?;
        Ok(Condition { name })
    }

    /// Renders a value of `plugin.toml`.
    pub(crate) fn render(&self, text: &Text, context: &Value) -> Result<String, RenderError> {
        self.render_named(&text.name, context)
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, condition: &Condition, context: &Value) -> Result<bool, RenderError> {
        Ok(!self.render_named(&condition.name, context)?.is_empty())
    }

    /// Renders a template by its path below `templates/`.
    pub(crate) fn render_named(&self, name: &str, context: &Value) -> Result<String, RenderError> {
        let template = self.environment.get_template(name);
        template.and_then(|template| template.render(context)).map_err(|error| RenderError::from(&error))
    }

    /// The first of these names that is a template in the folder.
    pub(crate) fn choose(&self, folder: &str, names: &[&str]) -> Option<String> {
        names
            .iter()
            .map(|name| format!("{folder}/{name}{SUFFIX}"))
            .find(|candidate| self.files.contains_key(candidate))
    }

    /// Whether the folder holds any template.
    pub(crate) fn has_folder(&self, folder: &str) -> bool {
        self.files.keys().any(|name| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// The position makes the name unique, and an error in the template readable.
fn expression_name(source: &Source, at: &Spanned<String>, key: &str) -> String {
    let file = source.file().file_name().unwrap_or_default().to_string_lossy();
    format!("{file}:{} `{key}` (byte {})", source.line(at), at.span().start)
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(false);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    // Building fails on delimiters that contradict each other; these are the usual ones.
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(|out, state, value| {
        let printed = if value.is_none() { &Value::UNDEFINED } else { value };
        escape_formatter(out, state, printed)
    });
    filters::register(&mut environment);
    environment
}

/// Visible entries of a folder in the order of their names; none if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, LoadError> {
    let unreadable = |cause| LoadError::Unreadable { file: folder.to_owned(), cause };
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(unreadable(cause)),
    };
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string().map_err(drop)
            && !name.starts_with('.')
        {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests;
