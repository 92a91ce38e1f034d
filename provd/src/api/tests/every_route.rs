//! What every route is spared, those to come too: they are taken from the description.
//!
//! Whatever is sent, it is refused in words, as the description says, and nothing that is stored changes.

use std::iter::once;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::api::negotiation::MEDIA_TYPE;
use crate::api::testing::{Answered, Api, Description, OTHER, Operation, PLUGIN, TENANT, TOKEN};

/// Values of parameters, percent-encoded: nothing is called so.
const NOBODY: [&str; 9] = [
    "nobody",
    "%27%20or%201%3D1%20--",
    "%27%3B%20drop%20table%20devices%3B%20--",
    "a%00b",
    "%FF%FE",
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "%F0%9F%93%9E",
    "-1",
    "99999999999999999999999999",
];

/// Lists that change by themselves, or by being looked at.
const RESTLESS: [&str; 3] = ["/0.2/tokens", "/0.2/pg_mgr/states", "/metrics"];

async fn populated() -> Api {
    Api::new().await.with_phone().await
}

/// What leads to something that exists.
fn known(path: &str, name: &str) -> String {
    match name {
        "plugin" => PLUGIN,
        "id" if path.contains("cfg_mgr") => "config",
        "id" => "phone",
        _ => "1",
    }
    .to_owned()
}

fn request(operation: &Operation, uri: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(operation.method.as_str()).uri(uri);
    let request = request.header("X-Auth-Token", TOKEN);
    match operation.takes() {
        Some(media_type) => request.header("Content-Type", media_type),
        None => request,
    }
}

async fn sent(api: &Api, operation: &Operation, uri: &str, body: impl Into<Body>) -> Answered {
    let answered = api.send(request(operation, uri).body(body.into()).unwrap()).await;
    let uri: String = uri.chars().take(200).collect();
    let what = format!("{} {uri}: {}: {:.300}", operation.method, answered.status, answered.body);
    let status = answered.status.as_u16();
    assert!(status < 500 || operation.fails_with(status), "{what}");
    assert!(operation.answers(status), "it is not said that it may answer so: {what}");
    if answered.status.is_client_error() {
        assert!(!answered.body.trim().is_empty(), "{what}");
    }
    answered
}

/// All that lists show.
async fn everything(api: &Api, operations: &[Operation]) -> Vec<(String, String)> {
    let mut everything = Vec::new();
    for operation in operations {
        let is_list = operation.method == "GET" && !operation.path.contains('{') && !operation.is_stream();
        if is_list && operation.is_guarded() && !RESTLESS.contains(&operation.path.as_str()) {
            let shown = api.send(request(operation, &operation.path).body(Body::empty()).unwrap()).await;
            everything.push((operation.path.clone(), shown.body));
        }
    }
    everything
}

#[tokio::test]
async fn what_does_not_exist_is_refused() {
    let api = populated().await;
    let operations = Description::of(&api).await.operations();
    let before = everything(&api, &operations).await;
    let long = "x".repeat(8_000);
    for operation in &operations {
        for hostile in operation.parameters("path") {
            for value in NOBODY.into_iter().chain([long.as_str()]) {
                let fill = |name: &str| {
                    if name == hostile { value.to_owned() } else { known(&operation.path, name) }
                };
                let answered = sent(&api, operation, &operation.path_with(fill), "{}").await;
                assert!(answered.status.is_client_error(), "{} {value}: {answered:?}", operation.path);
            }
        }
    }
    assert_eq!(everything(&api, &operations).await, before);
}

/// Bodies that are nothing, whatever route they are sent to.
fn nonsense() -> Vec<Vec<u8>> {
    let deep = 200_000;
    vec![
        Vec::new(),
        b"{".to_vec(),
        b"{\"device\": \xff}".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"{\"id\": NaN}".to_vec(),
        b"<xml/>".to_vec(),
        "[".repeat(deep).into_bytes(),
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)).into_bytes(),
        format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep)).into_bytes(),
        vec![b'"'; 10 << 20],
    ]
}

/// JSON that is not what a route asks for: other types, above and below the keys that it knows.
fn of_wrong_types(description: &Description, operation: &Operation) -> Vec<Value> {
    let schema = &operation.said["requestBody"]["content"][MEDIA_TYPE]["schema"];
    let schema = description.resolved(schema);
    let values = [
        json!(null),
        json!(true),
        json!(1e308),
        json!([[]]),
        json!("'; drop table devices; --"),
        json!("\0"),
        json!("x".repeat(1 << 20)),
    ];
    let keys: Vec<&String> =
        schema["properties"].as_object().into_iter().flat_map(|known| known.keys()).collect();
    let below = keys.iter().flat_map(|key| values.iter().map(move |value| json!({*key: value})));
    values.iter().cloned().chain(once(json!({}))).chain(once(json!({"'": {"\0": []}}))).chain(below).collect()
}

/// Whether a route takes any JSON, or needs no body.
fn takes_anything(description: &Description, operation: &Operation) -> bool {
    let content = operation.said["requestBody"]["content"][MEDIA_TYPE].clone();
    let schema = description.resolved(&content["schema"]);
    schema.as_object().is_none_or(|schema| !schema.contains_key("required"))
}

#[tokio::test]
async fn bodies_that_mean_nothing_are_refused() {
    let api = populated().await;
    let description = Description::of(&api).await;
    let operations = description.operations();
    let before = everything(&api, &operations).await;
    for operation in operations.iter().filter(|operation| operation.takes().is_some()) {
        let uri = operation.path_with(|name| known(&operation.path, name));
        let is_picky = !takes_anything(&description, operation);
        let wrong =
            of_wrong_types(&description, operation).into_iter().map(|body| body.to_string().into_bytes());
        for body in nonsense().into_iter().chain(wrong) {
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let answered = sent(&api, operation, &uri, body).await;
            assert!(!is_picky || answered.status.is_client_error(), "{uri} {shown}: {answered:?}");
        }
        let typed = Request::builder().method(operation.method.as_str()).uri(&uri);
        let typed = typed.header("X-Auth-Token", TOKEN).header("Content-Type", "application/xml");
        assert_eq!(api.status_of(typed.body(Body::from("<x/>")).unwrap()).await, 415, "{uri}");
    }
    assert_eq!(everything(&api, &operations).await, before);
}

#[tokio::test]
async fn queries_that_mean_nothing_harm_nobody() {
    let api = populated().await;
    let operations = Description::of(&api).await.operations();
    let before = everything(&api, &operations).await;
    let long = "9".repeat(30_000);
    for operation in operations.iter().filter(|operation| operation.method == "GET" && !operation.is_stream())
    {
        let path = operation.path_with(|name| known(&operation.path, name));
        for parameter in operation.parameters("query").into_iter().chain(["unknown"]) {
            for value in NOBODY.into_iter().chain(["", "%7B%22%24gt%22%3A1%7D", "%5B%5B", &long]) {
                sent(&api, operation, &format!("{path}?{parameter}={value}&{parameter}="), Body::empty())
                    .await;
            }
        }
    }
    assert_eq!(everything(&api, &operations).await, before);
}

#[tokio::test]
async fn what_is_anothers_does_not_exist() {
    let api = populated().await;
    let device = json!({"device": {"id": "theirs", "mac": "00:08:5d:00:00:01"}});
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/devices", Some(device)).await.status, 201);
    let operations = Description::of(&api).await.operations();
    let before = everything(&api, &operations).await;
    for operation in operations.iter().filter(|operation| operation.is_guarded()) {
        let fill = |name: &str| if name == "id" { "theirs".to_owned() } else { known(&operation.path, name) };
        let uri = operation.path_with(fill);
        let body = json!({"device": {"id": "theirs"}, "id": "theirs"}).to_string();
        let send = async |tenant: &str| {
            let request = request(operation, &uri).header("Wazo-Tenant", tenant);
            api.send(request.body(body.clone().into()).unwrap()).await.status
        };
        for tenant in ["nobody", "' or 1=1; --"] {
            assert_eq!(send(tenant).await, 401, "{tenant}: {uri}");
        }
        if operation.path.contains("/dev_mgr/") && operation.parameters("path").contains(&"id") {
            assert_eq!(send(OTHER).await, 404, "{} {uri}", operation.method);
        }
    }
    assert_eq!(everything(&api, &operations).await, before);
}
