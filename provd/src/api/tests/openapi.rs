//! The description of the interface: whole, sound, and true of the router.

use std::collections::{HashMap, HashSet};

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::api::testing::{Answered, Api, Description, PLUGIN};

async fn got(api: &Api, path: &str) -> Answered {
    api.send(Request::get(path).body(Body::empty()).unwrap()).await
}

/// What leads to something that exists where the name says what that is.
fn known(name: &str) -> String {
    if name == "plugin" { PLUGIN.to_owned() } else { "nobody".to_owned() }
}

#[tokio::test]
async fn what_is_described_is_there_and_needs_the_token_it_says() {
    let api = Api::new().await;
    for operation in Description::of(&api).await.operations() {
        let request = Request::builder().method(operation.method.as_str()).uri(operation.path_with(known));
        let answered = api.send(request.body(Body::empty()).unwrap()).await;
        let what = format!("{} {}: {answered:?}", operation.method, operation.path);
        assert_eq!(answered.status == 401, operation.is_guarded(), "{what}");
        assert!(operation.answers(answered.status.as_u16()), "{what}");
        assert!(!answered.body.contains("there is nothing at this path"), "{what}");
    }
}

#[tokio::test]
async fn everything_described_is_said_in_words() {
    let api = Api::new().await;
    let description = Description::of(&api).await;
    let tags = description.0["tags"].as_array().unwrap().iter();
    let tags: HashSet<_> = tags.map(|tag| tag["name"].as_str().unwrap().to_owned()).collect();
    let mut identifiers = HashMap::new();
    for operation in description.operations() {
        let what = format!("{} {}", operation.method, operation.path);
        let said = |value: &Value| value.as_str().is_some_and(|words| !words.is_empty());
        assert!(said(&operation.said["summary"]), "{what} has no summary");
        let identifier = operation.said["operationId"].as_str().unwrap().to_owned();
        assert_eq!(identifiers.insert(identifier.clone(), what.clone()), None, "{identifier} of {what}");
        for tag in operation.said["tags"].as_array().unwrap() {
            assert!(tags.contains(tag.as_str().unwrap()), "{what}: nothing is said of the tag {tag}");
        }
        for parameter in operation.said["parameters"].as_array().unwrap() {
            let parameter = description.resolved(parameter);
            assert!(said(&parameter["description"]), "{what}: {parameter}");
            assert!(parameter["schema"].is_object(), "{what}: {parameter}");
        }
        for (status, answer) in operation.said["responses"].as_object().unwrap() {
            let answer = description.resolved(answer);
            assert!(said(&answer["description"]), "{what}: {status}");
            let has_body = answer["content"].is_object();
            assert!(has_body || ["201", "204", "304", "308"].contains(&status.as_str()), "{what}: {status}");
        }
        let takes = ["POST", "PUT"].contains(&operation.method.as_str());
        assert_eq!(operation.takes().is_some(), takes, "the body of {what}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    let api = Api::new().await;
    let openapi = Description::of(&api).await.0;
    let swagger: Value = got(&api, "/0.2/api/api.yml").await.json();
    for document in [openapi, swagger] {
        let mut unread = vec![&document];
        while let Some(value) = unread.pop() {
            match value {
                Value::Object(object) => {
                    if let Some(target) = object.get("$ref").and_then(Value::as_str) {
                        let target = target.strip_prefix('#').unwrap();
                        assert!(document.pointer(target).is_some(), "{target}");
                    }
                    unread.extend(object.values());
                }
                Value::Array(items) => unread.extend(items),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn clients_of_0_2_find_its_routes_and_no_others() {
    let api = Api::new().await;
    let answered = got(&api, "/0.2/api/api.yml").await;
    let swagger = answered.json();
    assert_eq!(swagger["swagger"], "2.0");
    let device = &swagger["paths"]["/0.2/dev_mgr/devices/{id}"]["put"];
    assert_eq!(device["parameters"][0]["name"], "id");
    assert_eq!(device["parameters"][0]["type"], "string");
    assert!(device["parameters"].as_array().unwrap().iter().any(|parameter| parameter["in"] == "body"));
    assert!(swagger["definitions"]["Device"]["properties"]["mac"].is_object());
    assert!(swagger["paths"].get("/0.2/operations").is_none());
    assert!(!answered.body.contains("#/components"), "{}", answered.body);
}

#[tokio::test]
async fn the_pages_are_made_of_what_is_here() {
    let api = Api::new().await;
    let moved = got(&api, "/0.2/api").await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (308, "/0.2/api/"));
    let page = got(&api, "/0.2/api/").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self';"));
    let parts: Vec<&str> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| page.body.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(parts.len() > 3, "{parts:?}");
    for part in parts {
        let name = part.trim_start_matches("./");
        assert!(!name.contains('/'), "{part} is not from here");
        let request = Request::get(format!("/0.2/api/{name}")).body(Body::empty()).unwrap();
        assert_eq!(api.status_of(request).await, 200, "{part}");
    }
    let initializer = got(&api, "/0.2/api/swagger-initializer.js").await;
    assert!(initializer.body.contains("\"openapi.json\""), "{}", initializer.body);
    assert_eq!(got(&api, "/0.2/api/nothing.js").await.status, 404);
}
