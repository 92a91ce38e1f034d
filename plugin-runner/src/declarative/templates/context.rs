//! The variables of one rendering, and the warnings it leaves behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use provd_proto::v1::{Device, Warning};
use serde_json::{Map, Value as Json};

use super::{filters, numbered, phonebook, variables};
use crate::PluginError;
use crate::declarative::target::{Model, Target};
use crate::declarative::timezone;

/// What templates see in one call of the plugin.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    variables: Vec<(&'static str, Value)>,
    warnings: Warnings,
}

/// A target and its models as templates see them, made once.
#[derive(Debug)]
pub(crate) struct Family {
    target: Value,
    models: BTreeMap<String, Value>,
}

impl Family {
    pub(crate) fn of(target: &Target) -> Family {
        let models = target.models.iter().map(|model| (model.name.clone(), variables::model(model)));
        Family { target: variables::target(target), models: models.collect() }
    }
}

/// Shared with the function `warn`, which templates call.
#[derive(Debug, Clone, Default)]
struct Warnings(Arc<Mutex<Vec<Warning>>>);

impl Warnings {
    fn add(&self, parameter: String, message: String) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let warning = Warning { parameter, message };
        // Several files of one device often meet the same oddity.
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    fn function(&self) -> Value {
        let warnings = self.clone();
        Value::from_function(move |parameter: &Value, message: &Value| -> Value {
            warnings.add(filters::text(parameter), filters::text(message));
            Value::UNDEFINED
        })
    }
}

impl Context {
    /// Variables that do not depend on a raw config: the target, and the device and its model if there is one.
    pub(crate) fn of(family: &Family, device: Option<&Device>) -> Result<Context, PluginError> {
        let mut context =
            Context { variables: vec![("target", family.target.clone())], warnings: Warnings::default() };
        if let Some(device) = device {
            context.set("device", variables::device(device)?);
            let name = device.info.as_ref().and_then(|info| info.model.as_deref());
            match name.map(|name| (name, family.models.get(name))) {
                Some((_, Some(model))) => context.set("model", model.clone()),
                Some((name, None)) => context.set("model", variables::unknown_model(name)),
                None => {}
            }
        }
        Ok(context)
    }

    /// The same with one model of the target as `model`.
    pub(crate) fn with_model(&self, model: &Model) -> Context {
        let mut context = self.clone();
        context.set("model", variables::model(model));
        context
    }

    /// Adds everything a raw config says.
    pub(crate) fn add_config(&mut self, config: &Map<String, Json>) -> Result<(), PluginError> {
        let list = |entries: Vec<Map<String, Json>>| {
            Value::from(entries.iter().map(variables::object).collect::<Vec<_>>())
        };
        self.set("lines", list(numbered::lines(config)?));
        self.set("funckeys", list(numbered::entries(config, "funckeys", "position")?));
        self.set("call_managers", list(numbered::entries(config, "sccp_call_managers", "priority")?));
        self.set("base_url", config.get("http_base_url").map_or(Value::UNDEFINED, variables::json));
        self.set("config", variables::object(config));
        self.set("phonebook_url", phonebook::function(config));
        self.set("warn", self.warnings.function());
        if let Some(name) = config.get("timezone").and_then(Json::as_str).filter(|name| !name.is_empty()) {
            match timezone::rule(name) {
                Some(rule) => self.set("timezone", variables::timezone(name, &rule)),
                None => self.warnings.add("timezone".to_owned(), format!("there is no time zone `{name}`")),
            }
        }
        Ok(())
    }

    /// The variables as the template engine takes them.
    pub(crate) fn value(&self) -> Value {
        Value::from_pairs(self.variables.iter().cloned())
    }

    /// What the templates warned of, in the order they did.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        self.warnings.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.variables.retain(|(other, _)| *other != name);
        self.variables.push((name, value));
    }
}
