//! Refusals, and which requests may get which: what every route has in common.

use serde_json::{Map, Value, json};

use crate::api::problem::details;

/// Every refusal there is, by its status, and what it means.
const REFUSALS: [(&str, &str); 15] = [
    ("400", "Something in the request means nothing; the text says what."),
    ("401", "No token, an unknown one, or one that does not permit this or does not cover the tenant."),
    ("403", "Nobody may do this."),
    ("404", "There is no such thing, or none that the tenant sees."),
    ("406", "`Accept` names no type that is available."),
    ("408", "The body did not arrive in time."),
    ("409", "Somebody else changed the same thing meanwhile."),
    ("412", "The document is in another state than the request says."),
    ("413", "The body is too long."),
    ("415", "`Content-Type` is not exactly one that is read."),
    ("422", "The request is understood, but cannot be done."),
    ("500", "Something failed that should not have; the server's log says what."),
    ("502", "A plugin, or another server, did what it may not."),
    ("503", "It cannot be done now; `Retry-After` says when to try again."),
    ("504", "Another server did not answer in time."),
];

/// The statuses that requests of this kind may be refused with, whatever their route is about.
pub(super) fn usual(method: &str, has_path_parameters: bool) -> Vec<&'static str> {
    let mut usual = vec!["400", "401", "500", "503"];
    if has_path_parameters {
        usual.push("404");
    }
    match method {
        "get" => usual.push("406"),
        "delete" => usual.push("409"),
        _ => usual.extend(["408", "409", "413", "415"]),
    }
    usual
}

/// Where the refusal with a status is described; nothing for a status that is none.
pub(super) fn refusal(status: &str) -> Option<Value> {
    let is_known = REFUSALS.iter().any(|(known, _)| *known == status);
    is_known.then(|| json!({"$ref": format!("#/components/responses/{}", name(status))}))
}

/// The refusals, for all routes to refer to.
pub(super) fn components() -> Value {
    REFUSALS.iter().map(|(status, meaning)| (name(status), describe(status, meaning))).collect()
}

/// What a refusal with a status may hold; nothing for a status that is none.
pub(super) fn content_of(status: &str) -> Map<String, Value> {
    if !REFUSALS.iter().any(|(known, _)| *known == status) {
        return Map::new();
    }
    let text = json!({"schema": {"type": "string"}});
    let document = json!({"schema": {"$ref": "#/components/schemas/ProblemDetails"}});
    Map::from_iter([("text/plain".to_owned(), text), (details::MEDIA_TYPE.to_owned(), document)])
}

fn name(status: &str) -> String {
    format!("Refused{status}")
}

fn describe(status: &str, meaning: &str) -> Value {
    let mut refusal = json!({"description": meaning, "content": content_of(status)});
    if status == "503" {
        let schema = json!({"type": "integer", "minimum": 1});
        refusal["headers"] = json!({"Retry-After": {"description": "Seconds.", "schema": schema}});
    }
    refusal
}

/// What an answer that is no refusal means, unless its handler says so.
pub(super) fn meaning(status: &str) -> &'static str {
    match status {
        "201" => "Created; `Location` says where.",
        "204" => "Done.",
        "304" => "The client has it already.",
        "308" => "It is elsewhere; `Location` says where.",
        _ => "As asked.",
    }
}
