//! The description as OpenAPI 2 has it, of the routes that REST 0.2 has.
//!
//! Made from the finished one. What the old version has no words for, such as one of several types, is left open: it is
//! there for programs that look for routes, their parameters and their answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::api::negotiation::MEDIA_TYPE;
use crate::api::problem::routes_of_0_2;

/// Keys of a schema that both versions have, with values that hold no schemas.
const SHARED: [&str; 14] = [
    "description",
    "format",
    "title",
    "default",
    "required",
    "readOnly",
    "example",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// Where the finished description keeps schemas, and where this one does.
const SCHEMAS: (&str, &str) = ("#/components/schemas/", "#/definitions/");

/// OpenAPI 2 made from OpenAPI 3.1.
pub(super) fn of(document: &Value) -> Value {
    let paths: Map<String, Value> = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(path, _)| routes_of_0_2::contain(path))
        .map(|(path, item)| (path.clone(), operations(item, document)))
        .collect();
    let paths = Value::Object(paths);
    let definitions = definitions(&paths, &document["components"]["schemas"]);
    let mut info = document["info"].clone();
    info["version"] = "0.2".into();
    info["license"] = json!({"name": info["license"]["name"]});
    json!({
        "swagger": "2.0",
        "info": info,
        "consumes": [MEDIA_TYPE],
        "produces": [MEDIA_TYPE],
        "securityDefinitions": {"token": document["components"]["securitySchemes"]["token"]},
        "security": [{"token": []}],
        "paths": paths,
        "definitions": definitions,
    })
}

fn operations(item: &Value, document: &Value) -> Value {
    let operations = item.as_object().into_iter().flatten();
    operations.map(|(method, begun)| (method.clone(), operation(begun, document))).collect()
}

fn operation(begun: &Value, document: &Value) -> Value {
    let mut operation = Map::new();
    for key in ["tags", "summary", "description", "operationId", "deprecated"] {
        if let Some(value) = begun.get(key) {
            operation.insert(key.to_owned(), value.clone());
        }
    }
    if begun.get("security").is_some() {
        operation.insert("security".to_owned(), json!([]));
    }
    let parameters = begun["parameters"].as_array().into_iter().flatten();
    let body = begun.get("requestBody").map(body);
    let parameters = parameters.map(|begun| parameter(resolved(begun, document))).chain(body);
    operation.insert("parameters".to_owned(), parameters.collect());
    operation.insert("responses".to_owned(), answers(&begun["responses"], document));
    Value::Object(operation)
}

/// What is referred to, if it is.
fn resolved<'a>(begun: &'a Value, document: &'a Value) -> &'a Value {
    let pointer = begun["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(begun)
}

/// Parameters have the type beside their name, and always one.
fn parameter(begun: &Value) -> Value {
    let mut parameter =
        json!({"name": begun["name"], "in": begun["in"], "required": begun["required"] == true});
    if let Some(description) = begun.get("description") {
        parameter["description"] = description.clone();
    }
    let schema = schema(&begun["schema"]);
    parameter["type"] = schema.get("type").cloned().unwrap_or_else(|| "string".into());
    for key in ["format", "enum", "minimum", "maximum"] {
        if let Some(value) = schema.get(key) {
            parameter[key] = value.clone();
        }
    }
    parameter
}

fn body(begun: &Value) -> Value {
    let content = begun["content"].as_object().and_then(|content| content.values().next());
    let schema = content.map(|content| schema(&content["schema"])).unwrap_or_default();
    json!({"name": "body", "in": "body", "required": begun["required"] == true, "schema": schema})
}

fn answers(begun: &Value, document: &Value) -> Value {
    let begun = begun.as_object().into_iter().flatten();
    begun.map(|(status, answer)| (status.clone(), answered(resolved(answer, document)))).collect()
}

fn answered(begun: &Value) -> Value {
    let mut answer = json!({"description": begun["description"]});
    if let Some(body) = begun.pointer(&format!("/content/{}", MEDIA_TYPE.replace('/', "~1"))) {
        answer["schema"] = schema(&body["schema"]);
    }
    let headers = begun["headers"].as_object().into_iter().flatten();
    for (name, header) in headers {
        answer["headers"][name] = json!({"type": "string", "description": header["description"]});
    }
    answer
}

/// A schema in the words of the old version.
fn schema(begun: &Value) -> Value {
    if let Some(target) = begun["$ref"].as_str() {
        return json!({"$ref": target.replace(SCHEMAS.0, SCHEMAS.1)});
    }
    let mut schema: Map<String, Value> =
        SHARED.iter().filter_map(|key| Some(((*key).to_owned(), begun.get(*key)?.clone()))).collect();
    if let Some(kind) = only_type(&begun["type"]) {
        schema.insert("type".to_owned(), kind.into());
    }
    if let Some(words) = begun["enum"].as_array() {
        let words = words.iter().filter(|word| !word.is_null()).cloned().collect();
        schema.insert("enum".to_owned(), words);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = begun.get(key) {
            let inner = if inner.is_boolean() { inner.clone() } else { self::schema(inner) };
            schema.insert(key.to_owned(), inner);
        }
    }
    if let Some(properties) = begun["properties"].as_object() {
        let properties = properties.iter().map(|(name, inner)| (name.clone(), self::schema(inner)));
        schema.insert("properties".to_owned(), properties.collect());
    }
    if let Some(all) = begun["allOf"].as_array() {
        schema.insert("allOf".to_owned(), all.iter().map(self::schema).collect());
    }
    Value::Object(schema)
}

/// The type of what has one, not counting null.
fn only_type(types: &Value) -> Option<&str> {
    match types {
        Value::String(only) => Some(only.as_str()),
        Value::Array(types) => {
            let mut types = types.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            types.next().filter(|_| types.next().is_none())
        }
        _ => None,
    }
}

/// The schemas that are referred to, by others too.
fn definitions(paths: &Value, schemas: &Value) -> Value {
    let mut unread: Vec<String> = referred(paths);
    let mut met = BTreeSet::new();
    let mut definitions = Map::new();
    while let Some(name) = unread.pop() {
        if met.insert(name.clone()) {
            let definition = schema(&schemas[&name]);
            unread.extend(referred(&definition));
            definitions.insert(name, definition);
        }
    }
    definitions.sort_keys();
    Value::Object(definitions)
}

fn referred(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value.as_str().filter(|_| key == "$ref") {
                Some(target) => target.strip_prefix(SCHEMAS.1).map(str::to_owned).into_iter().collect(),
                None => referred(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(referred).collect(),
        _ => Vec::new(),
    }
}
