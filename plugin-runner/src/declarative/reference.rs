//! What a plugin that is only data can be written with, as values: the keys of `plugin.toml`, and what templates know. The
//! engine itself is made from them, so they cannot say what is not so. How they look on a page is decided elsewhere.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::manifest::Manifest;
use super::templates::glossary;

/// The `plugin.toml` of an invented family that uses every key.
pub const EXAMPLE: &str = include_str!("../../tests/families/tiny/plugin.toml");

/// A filter, function or test of templates.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// How it is written, `mac(example)`.
    pub signature: &'static str,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// An expression that uses it.
    pub example: &'static str,
    /// What that prints.
    pub result: &'static str,
}

impl Word {
    /// Its name alone.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or_default()
    }
}

/// A variable of templates.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// How it is reached, `timezone.dst.save`; `lines[].line` stands for that of each element.
    pub path: &'static str,
    /// What it holds.
    pub what: &'static str,
}

/// The JSON Schema (draft 7) of the `plugin.toml` of a plugin that is only data.
pub fn schema() -> Value {
    schema_of::<Manifest>()
}

/// The JSON Schema (draft 7) of a type that is read from TOML. Types stand where they are used, and nothing is null, for TOML
/// has none: optional means absent.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(forget_null).transform(&mut schema);
    schema.to_value()
}

fn forget_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") else { return };
    alternatives.retain(|alternative| alternative["type"] != "null");
    if let [Value::Object(only)] = &alternatives[..] {
        let only = only.clone();
        schema.remove("anyOf");
        for (key, value) in only {
            schema.ensure_object().entry(key).or_insert(value);
        }
    }
}

/// Filters that are provd's own.
pub fn filters() -> impl Iterator<Item = &'static Word> {
    glossary::filters()
}

/// Functions.
pub fn functions() -> &'static [Word] {
    glossary::FUNCTIONS
}

/// Filters of the template engine.
pub fn builtin() -> &'static [Word] {
    glossary::BUILTIN
}

/// Tests of the template engine, as in `x is defined`.
pub fn tests() -> &'static [Word] {
    glossary::TESTS
}

/// Variables.
pub fn variables() -> &'static [Variable] {
    glossary::VARIABLES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every key of a schema, with what is above it: `target[].id`.
    fn keys(schema: &Value, above: &str, found: &mut Vec<String>) {
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{above}{name}");
            let inner = if inner["type"] == "array" { &inner["items"] } else { inner };
            found.push(path.clone());
            keys(inner, &format!("{path}."), found);
        }
    }

    fn is_stated(value: &toml::Value, path: &[&str]) -> bool {
        match (value, path) {
            (_, []) => true,
            (toml::Value::Array(items), path) => items.iter().any(|item| is_stated(item, path)),
            (toml::Value::Table(table), [first, rest @ ..]) => {
                table.get(*first).is_some_and(|inner| is_stated(inner, rest))
            }
            _ => false,
        }
    }

    #[test]
    fn the_example_uses_every_key_but_what_excludes_another() {
        let example = toml::Value::Table(toml::from_str(EXAMPLE).unwrap());
        let mut found = Vec::new();
        keys(&schema(), "", &mut found);
        assert!(found.len() > 70, "{found:?}");
        // Those of `facts` are facts, and which there are is no matter of the format.
        found.retain(|key| !key.starts_with("extract.facts."));
        found.retain(|key| !is_stated(&example, &key.split('.').collect::<Vec<_>>()));
        assert_eq!(found, ["synchronize.sip_notify", "synchronize.headers", "synchronize.unsupported"]);
    }

    #[test]
    fn every_key_is_explained_and_nothing_is_null() {
        fn explained(schema: &Value, path: &str) {
            // Its keys are facts, and say what they are.
            let is_facts = path == ".extract.facts";
            for (name, inner) in schema["properties"].as_object().into_iter().flatten().filter(|_| !is_facts)
            {
                let path = format!("{path}.{name}");
                let items = &inner["items"];
                let what = inner["description"].as_str().or(items["description"].as_str());
                assert!(what.is_some_and(|what| what.ends_with('.')), "{path}: {inner:#}");
                explained(inner, &path);
                explained(items, &path);
            }
        }
        explained(&schema(), "");
        assert!(!schema().to_string().contains("null"), "{:#}", schema());
    }
}
