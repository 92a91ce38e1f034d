//! Events, as those who listen hear them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::api::testing::{Api, FILE, OTHER, PHONE, PLUGIN, TENANT, TOKEN};

/// A client that listens.
struct Listening {
    body: Body,
    heard: String,
}

fn request(query: &str, tenant: &str, last: Option<&str>) -> Request<Body> {
    let request = Request::get(format!("/0.2/events{query}")).header("X-Auth-Token", TOKEN);
    let request = request.header("Accept", "text/event-stream");
    let request = if tenant.is_empty() { request } else { request.header("Wazo-Tenant", tenant) };
    let request = last.into_iter().fold(request, |request, last| request.header("Last-Event-ID", last));
    request.body(Body::empty()).unwrap()
}

async fn listen(api: &Api, query: &str, tenant: &str, last: Option<&str>) -> Listening {
    let response = api.router().oneshot(request(query, tenant, last)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Listening { body: response.into_body(), heard: String::new() }
}

impl Listening {
    /// Everything that is there to be heard now: event, id and data of each.
    fn heard(&mut self) -> Vec<(String, String, Value)> {
        while let Some(frame) = self.body.frame().now_or_never().flatten() {
            self.heard += std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap();
        }
        let heard = std::mem::take(&mut self.heard);
        heard.split("\n\n").filter(|event| event.contains("data: ")).map(parse).collect()
    }

    fn told(&mut self) -> Vec<String> {
        let heard = self.heard();
        heard
            .iter()
            .map(|(event, _, data)| format!("{event} {}", data["action"].as_str().unwrap_or("-")))
            .collect()
    }
}

fn parse(event: &str) -> (String, String, Value) {
    let field = |name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().to_owned()
    };
    (field("event: "), field("id: "), serde_json::from_str(&field("data: ")).unwrap())
}

#[tokio::test]
async fn what_is_done_is_told_in_order_and_without_secrets() {
    let api = Api::new().await;
    let mut all = listen(&api, "", "", None).await;
    let mut some = listen(&api, "?topics=config,plugin", "", None).await;
    let config = json!({"id": "c", "parent_ids": [], "raw_config": {"admin_password": "very secret"}});
    assert_eq!(api.post("/cfg_mgr/configs", json!({"config": config})).await.status, 201);
    let device = json!({"id": "phone", "mac": PHONE, "plugin": PLUGIN, "config": "c"});
    assert_eq!(api.post("/dev_mgr/devices", json!({"device": device})).await.status, 201);
    api.phone_asks("192.0.2.7", FILE).await;
    assert_eq!(api.delete("/dev_mgr/devices/phone").await.status, 204);

    let heard = all.heard();
    let told: Vec<_> = heard
        .iter()
        .map(|(event, _, data)| format!("{event} {}", data["action"].as_str().unwrap()))
        .collect();
    let expected = ["config created", "device created", "device configured"];
    assert_eq!(told[..3], expected, "{told:?}");
    assert!(
        told.contains(&"request answered".to_owned()) && told.last().unwrap() == "device deleted",
        "{told:?}"
    );
    let numbers: Vec<u64> = heard.iter().map(|(_, id, _)| id.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    assert_eq!((&heard[1].2["id"], &heard[1].2["mac"]), (&json!("phone"), &json!(PHONE)));
    assert!(!format!("{heard:?}").contains("secret"), "{heard:?}");
    assert_eq!(some.told(), ["config created"]);
}

#[tokio::test]
async fn who_comes_back_misses_nothing_or_is_told_so() {
    let api = Api::new().await.with_phone().await;
    let mut first = listen(&api, "?topics=request", "", None).await;
    api.phone_asks("192.0.2.7", FILE).await;
    let last = first.heard().pop().unwrap().1;
    drop(first);
    api.phone_asks("192.0.2.7", "nothing.cfg").await;
    let mut again = listen(&api, "?topics=request", "", Some(&last)).await;
    let heard = again.heard();
    assert_eq!(heard.len(), 1);
    assert_eq!((&heard[0].2["path"], &heard[0].2["outcome"]), (&json!("/nothing.cfg"), &json!("not found")));
    let mut stranger = listen(&api, "?topics=request", "", Some("1")).await;
    api.phone_asks("192.0.2.7", FILE).await;
    assert_eq!(stranger.told(), ["gap -", "request answered"]);
}

#[tokio::test]
async fn a_tenant_hears_of_its_own() {
    let api = Api::new().await;
    let mut ours = listen(&api, "", TENANT, None).await;
    let mut theirs = listen(&api, "", OTHER, None).await;
    let device = json!({"device": {"id": "phone", "mac": PHONE, "plugin": PLUGIN}});
    assert_eq!(api.call_as(TENANT, Method::POST, "/dev_mgr/devices", Some(device)).await.status, 201);
    api.phone_asks("192.0.2.7", FILE).await;
    // Nobody has claimed this one.
    api.phone_asks("192.0.2.8", "Aastra/00085D000002.cfg").await;
    let heard = ours.heard();
    assert!(
        heard.iter().any(|(event, ..)| event == "request")
            && heard.iter().any(|(event, ..)| event == "device")
    );
    for (event, _, data) in &heard {
        let device = if event == "request" { &data["device"] } else { &data["id"] };
        assert_eq!(device, "phone", "{event} {data}");
    }
    assert!(theirs.heard().iter().all(|(event, ..)| event == "config" || event == "plugin"));
}

#[tokio::test]
async fn what_cannot_be_listened_to_is_refused() {
    let api = Api::new().await;
    for (query, last) in [("?topics=nonsense", None), ("?topics=", None), ("?since=1", None), ("", Some("x"))]
    {
        let answered = api.send(request(query, "", last)).await;
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{query} {answered:?}");
    }
    let mut listening = Vec::new();
    for _ in 0..64 {
        listening.push(listen(&api, "", "", None).await);
    }
    let refused = api.send(request("", "", None)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
    drop(listening);
    listen(&api, "", "", None).await;
}

#[tokio::test]
async fn silence_is_filled_and_a_stream_does_not_last_for_ever() {
    let api = Api::new().await;
    let mut listening = listen(&api, "", "", None).await;
    // From here on nobody but the stream waits for anything.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let frame = listening.body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(frame.starts_with(b":") && began.elapsed().as_secs() == 15, "{:?}", began.elapsed());
    while listening.body.frame().await.is_some() {}
    assert_eq!(began.elapsed().as_secs(), 3_600);
}

#[tokio::test]
async fn whether_it_can_serve_is_told_to_anybody_and_how_it_is_to_few() {
    let api = Api::new().await.with_phone().await;
    for (path, status) in [("/health/live", "alive"), ("/health/ready", "ready")] {
        let answered = api.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answered.status, &answered.json()["status"]), (StatusCode::OK, &json!(status)), "{path}");
    }
    let page =
        |token: &str| Request::get("/metrics").header("X-Auth-Token", token).body(Body::empty()).unwrap();
    assert_eq!(api.send(page("guess")).await.status, StatusCode::UNAUTHORIZED);
    let answered = api.send(page(TOKEN)).await;
    assert!(answered.header("content-type").starts_with("text/plain; version=0.0.4"));
    let counted = r#"provd_api_requests_total{method="POST",route="/0.2/dev_mgr/devices",status="201"} 1"#;
    let refused = r#"provd_api_requests_total{method="GET",route="/metrics",status="401"} 1"#;
    for expected in [counted, refused, r#"provd_plugin_state{plugin="aastra-3.2.2",state="ready"} 1"#] {
        assert!(answered.body.contains(expected), "{expected} is not in\n{}", answered.body);
    }
}
