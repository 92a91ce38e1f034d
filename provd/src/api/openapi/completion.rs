//! Finishes the description that handlers began: identifiers, parameters of paths, media types, refusals.

use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::{ComponentsBuilder, OpenApi};

use super::{responses, text};
use crate::api::negotiation::MEDIA_TYPE;
use crate::api::permission;
use crate::api::problem::details::ProblemDetails;
use crate::domain::access::Permission;
use crate::domain::raw_config;

/// The type of bodies whose handlers state none.
const UNSTATED: &str = "application/json";

/// The whole description.
pub(super) fn complete(documented: &OpenApi) -> Value {
    let begun = json!(documented);
    json!({
        "openapi": begun["openapi"],
        "info": text::info(),
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"bearer": []}],
        "tags": text::tags(),
        "paths": paths(&begun["paths"]),
        "components": {
            "schemas": schemas(&begun["components"]["schemas"]),
            "responses": responses::components(),
            "parameters": text::parameters(),
            "securitySchemes": text::security_schemes(),
        },
    })
}

fn schemas(begun: &Value) -> Value {
    let mut schemas = begun.as_object().cloned().unwrap_or_default();
    let shared = ComponentsBuilder::new().schema_from::<ProblemDetails>().build();
    schemas.extend(json!(shared.schemas).as_object().cloned().unwrap_or_default());
    schemas.insert("RawConfig".to_owned(), raw_config::schema());
    schemas.sort_keys();
    Value::Object(schemas)
}

fn paths(begun: &Value) -> Value {
    let begun = begun.as_object().into_iter().flatten();
    begun
        .map(|(route, item)| {
            // What the router takes for the rest of a path is a parameter like any other.
            let path = route.replace("{*", "{");
            let operations = item.as_object().into_iter().flatten();
            let operations: Map<String, Value> = operations
                .map(|(method, begun)| (method.clone(), operation(method, &path, begun.clone())))
                .collect();
            (path, Value::Object(operations))
        })
        .collect()
}

fn operation(method: &str, path: &str, mut operation: Value) -> Value {
    operation["operationId"] = identifier(method, path).into();
    let named = names(path);
    operation["parameters"] = parameters(&operation["parameters"], &named);
    if operation.get("security").is_none() {
        guarded(method, path, &mut operation);
    }
    operation["responses"] = answers(&operation["responses"]);
    operation
}

/// What every route behind the gate has in common.
fn guarded(method: &str, path: &str, operation: &mut Value) {
    operation["x-permission"] = permission(method, path).into();
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.push(json!({"$ref": "#/components/parameters/Tenant"}));
    }
    if let Some(content) = operation.pointer_mut("/requestBody/content") {
        state_type(content);
    }
    let answers = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, answer) in answers {
        if let Some(content) = answer.get_mut("content").and_then(Value::as_object_mut) {
            // Whatever a route refuses with, it may also be refused by what stands before it.
            content.extend(responses::content_of(status));
        }
        if let Some(content) = answer.get_mut("content") {
            state_type(content);
        }
    }
    for status in responses::usual(method, path.contains('{')) {
        if operation["responses"].get(status).is_none() {
            operation["responses"][status] = json!({});
        }
    }
}

/// What a token must grant for it.
fn permission(method: &str, path: &str) -> String {
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap_or_default();
    match permission::needed(&method, path, path) {
        Permission::Plain(words) => words,
        Permission::OfTenant(before, after) => format!("{before}.{{tenant_uuid}}.{after}"),
    }
}

/// `get_dev_mgr_devices_by_id`
fn identifier(method: &str, path: &str) -> String {
    let word = |segment: &str| match parameter_of(segment) {
        Some(name) => format!("by_{name}"),
        None if segment.is_empty() => "index".to_owned(),
        None => segment.replace(['.', '-'], "_"),
    };
    let words = path.split('/').skip(1).filter(|segment| *segment != "0.2").map(word);
    let words: Vec<String> = words.collect();
    if words.is_empty() { format!("{method}_base") } else { format!("{method}_{}", words.join("_")) }
}

/// The names of the parameters in a path.
fn names(path: &str) -> Vec<&str> {
    path.split('/').filter_map(parameter_of).collect()
}

fn parameter_of(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// What is said of parameters, after those of the path of which nothing is.
fn parameters(begun: &Value, named: &[&str]) -> Value {
    let begun = begun.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_said = |name: &str| begun.iter().any(|said| said["in"] == "path" && said["name"] == name);
    let unsaid = named.iter().filter(|name| !is_said(name)).map(|name| path_parameter(name));
    unsaid.chain(begun.iter().cloned()).collect()
}

fn path_parameter(name: &str) -> Value {
    let mut parameter = json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
    if let Some(description) = text::path_parameter(name) {
        parameter["description"] = description.into();
    }
    parameter
}

fn answers(begun: &Value) -> Value {
    let begun = begun.as_object().into_iter().flatten();
    let mut answers: Map<String, Value> =
        begun.map(|(status, answer)| (status.clone(), answered(status, answer.clone()))).collect();
    answers.sort_keys();
    Value::Object(answers)
}

/// Says of an answer what goes without saying.
fn answered(status: &str, mut answer: Value) -> Value {
    let says_nothing = answer.get("content").is_none();
    if let Some(refusal) = responses::refusal(status).filter(|_| says_nothing) {
        return refusal;
    }
    if answer["description"].as_str().unwrap_or_default().is_empty() {
        answer["description"] = responses::meaning(status).into();
    }
    if ["201", "308"].contains(&status) {
        answer["headers"]["Location"] =
            json!({"description": "Absolute path.", "required": true, "schema": {"type": "string"}});
    }
    answer
}

fn state_type(content: &mut Value) {
    if let Some(content) = content.as_object_mut()
        && let Some(body) = content.shift_remove(UNSTATED)
    {
        content.insert(MEDIA_TYPE.to_owned(), body);
    }
}
