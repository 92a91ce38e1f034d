//! Files of devices and configs, in and out.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::api::negotiation::{CSV, JSON_LINES};
use crate::api::testing::{Answered, Api, FILE, OTHER, PHONE, PLUGIN, TENANT, TOKEN};
use crate::provisioning::many::ended;

async fn import_as(api: &Api, tenant: &str, query: &str, kind: &str, file: impl Into<Body>) -> Answered {
    let request = Request::post(format!("/0.2/import{query}")).header("X-Auth-Token", TOKEN);
    let mut request = request.header("Content-Type", kind);
    if !tenant.is_empty() {
        request = request.header("Wazo-Tenant", tenant);
    }
    api.send(request.body(file.into()).unwrap()).await
}

async fn import(api: &Api, query: &str, kind: &str, file: impl Into<Body>) -> Answered {
    import_as(api, "", query, kind, file).await
}

async fn devices(api: &Api, file: &str) -> Answered {
    import(api, "?kind=devices", CSV, file.to_owned()).await
}

async fn export(api: &Api, query: &str) -> String {
    let request = Request::get(format!("/0.2/export{query}")).header("X-Auth-Token", TOKEN);
    let answered = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    answered.body
}

/// Waits for what follows from an import.
async fn configured(api: &Api, answered: &Answered) {
    let number = answered.header("location").rsplit_once('/').unwrap().1.parse().unwrap();
    let operation = ended(api.state.provisioning.operations().get(number).unwrap()).await;
    assert_eq!(operation.failed, 0, "{operation:?}");
}

fn reasons(answered: &Answered) -> Vec<(u64, String)> {
    assert_eq!(answered.status, 400, "{answered:?}");
    let document = answered.json();
    assert_eq!(document["import"]["applied"], false);
    let errors = document["import"]["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| (error["line"].as_u64().unwrap(), error["reason"].as_str().unwrap().to_owned()))
        .collect()
}

async fn count(api: &Api) -> (usize, usize) {
    let devices = api.get("/dev_mgr/devices?recurse=true").await.json()["devices"].as_array().unwrap().len();
    (devices, api.get("/cfg_mgr/configs").await.json()["configs"].as_array().unwrap().len())
}

#[tokio::test]
async fn a_file_is_stored_and_its_devices_are_configured() {
    let api = Api::new().await;
    let file = format!(
        "{}\n{}\n{}\n",
        json!({"device": {"id": "desk", "mac": PHONE, "plugin": PLUGIN, "config": "heir"}}),
        json!({"config": {"id": "heir", "parent_ids": ["base"], "raw_config": {}}}),
        json!({"config": {"id": "base", "parent_ids": [], "raw_config": {"timezone": "Europe/Paris"}}}),
    );
    let trial = import(&api, "?dry_run=true", JSON_LINES, file.clone()).await;
    assert_eq!(trial.status, 200, "{trial:?}");
    assert_eq!(
        (&trial.json()["import"]["created"], &trial.json()["import"]["applied"]),
        (&json!({"devices": 1, "configs": 2}), &json!(false))
    );
    assert_eq!(count(&api).await, (0, 0));

    let answered = import(&api, "", JSON_LINES, file.clone()).await;
    assert_eq!(answered.status, 201, "{answered:?}");
    assert_eq!(answered.json()["import"]["warnings"], json!([]));
    configured(&api, &answered).await;
    let device = api.get("/dev_mgr/devices/desk").await.json();
    assert_eq!(device["device"]["configured"], true, "{device}");
    assert_eq!(api.state.provisioning.store().unfinished_changes().await.unwrap(), []);
    let audit = api.get("/audit").await.json();
    let entries: Vec<_> = audit["audit"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(entries, ["created", "created", "created"]);
    assert!(audit["audit"][0]["actor"].as_str().unwrap().starts_with("token "), "{audit}");

    let again = import(&api, "", JSON_LINES, file).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.json()["import"]["unchanged"], json!({"devices": 1, "configs": 2}));
    assert_eq!(again.json()["import"]["changes"][0]["action"], "unchanged");
}

#[tokio::test]
async fn everything_wrong_is_told_and_nothing_is_stored() {
    let api = Api::new().await.with_phone().await;
    let before = count(&api).await;
    let file = "id,mac,ip,config\n\
        a,00:08:5d:00:00:01,,none\n\
        b,xx,,\n\
        c,,300.1.1.1,\n\
        a,,,\n\
        x/y,,,\n\
        ,00:08:5d:00:00:01,,\n\
        ,,192.0.2.1,\n\
        d\n";
    let told = reasons(&devices(&api, file).await);
    let expected = [
        (3, "mac: `xx`"),
        (4, "ip: `300.1.1.1`"),
        (9, "the row has 1 cells"),
        (5, "line 2 is of the same device"),
        (6, "id: expected"),
        (7, "line 2 has the same MAC address"),
        (8, "neither an id nor a MAC address"),
    ];
    for (line, reason) in expected {
        assert!(told.iter().any(|(at, why)| *at == line && why.contains(reason)), "{line}: {told:?}");
    }
    assert_eq!((told.len(), count(&api).await), (expected.len(), before));

    let configs = "id,parent_ids,raw_config.http_port,raw_config.admin_password,raw_config.nonsense\n\
        a,,0,secret,\nb,,5060,,x\n,,,,\n";
    let answered = import(&api, "?kind=configs", CSV, configs).await;
    let told = reasons(&answered);
    assert!(told[0].1.contains("raw_config.http_port: 0 is not a port"), "{told:?}");
    assert!(told[1].1.contains("raw_config.nonsense: no such parameter"), "{told:?}");
    assert!(!answered.body.contains("secret"), "{answered:?}");
    assert_eq!(count(&api).await, before);
}

#[tokio::test]
async fn a_device_keeps_what_its_line_does_not_state() {
    let api = Api::new().await.with_phone().await;
    let answered = devices(&api, &format!("mac,description\n{},Front desk\n", PHONE.replace(':', "-"))).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    assert_eq!(answered.json()["import"]["updated"], json!({"devices": 1, "configs": 0}));
    let device = &api.get("/dev_mgr/devices/phone").await.json()["device"];
    assert_eq!(
        (&device["description"], &device["plugin"], &device["config"], &device["configured"]),
        (&json!("Front desk"), &json!(PLUGIN), &json!("config"), &json!(true))
    );
    let file = json!({"device": {"id": "phone", "config": null, "options": {"switchboard": true}}});
    let answered = import(&api, "", JSON_LINES, format!("{file}\n")).await;
    assert_eq!(answered.status, 200, "nothing is left to configure it from: {answered:?}");
    let device = &api.get("/dev_mgr/devices/phone").await.json()["device"];
    assert_eq!((&device["config"], &device["configured"]), (&Value::Null, &json!(false)));
    assert!(device["last_error"].as_str().unwrap().contains("no config"), "{device}");
    assert!(api.get("/dev_mgr/devices/phone/files").await.json()["files"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_mode_says_what_may_become_of_a_line() {
    let api = Api::new().await.with_phone().await;
    let lines = |device: Value, config: Value| {
        format!("{}\n{}\n", json!({"device": device}), json!({ "config": config }))
    };
    let old = lines(json!({"mac": PHONE}), json!({"id": "config", "parent_ids": [], "raw_config": {}}));
    let told = reasons(&import(&api, "?mode=create&dry_run=true", JSON_LINES, old).await);
    assert!(told[0].1.contains("the device `phone` has the MAC address"), "{told:?}");
    assert!(told[1].1.contains("already in use"), "{told:?}");
    let new = lines(json!({"id": "new"}), json!({"id": "new", "parent_ids": [], "raw_config": {}}));
    let told = reasons(&import(&api, "?mode=update&dry_run=true", JSON_LINES, new.clone()).await);
    assert!(told[0].1.contains("no device `new`") && told[1].1.contains("no config `new`"), "{told:?}");
    assert_eq!(import(&api, "?mode=create&dry_run=true", JSON_LINES, new).await.status, 200);
    for (query, kind) in
        [("?mode=replace", JSON_LINES), ("?kind=phones", CSV), ("", CSV), ("?x=1", JSON_LINES)]
    {
        assert_eq!(import(&api, query, kind, "mac\n").await.status, 400, "{query}");
    }
    assert!(reasons(&import(&api, "", JSON_LINES, "").await)[0].1.contains("neither devices nor configs"));
}

#[tokio::test]
async fn devices_go_to_the_tenant_and_others_do_not_exist_for_it() {
    let api = Api::new().await;
    let theirs = json!({"device": {"id": "theirs", "mac": PHONE}});
    assert_eq!(api.call_as(OTHER, Method::POST, "/dev_mgr/devices", Some(theirs)).await.status, 201);
    let as_tenant =
        async |query: &str, file: &str| import_as(&api, TENANT, query, CSV, file.to_owned()).await;
    let told = reasons(&as_tenant("?kind=devices", "id\ntheirs\n").await);
    assert_eq!(told[0].1, "the id `theirs` is already in use");
    let told = reasons(&as_tenant("?kind=devices&mode=update", "id\ntheirs\n").await);
    assert_eq!(told[0].1, "there is no device `theirs`");
    let answered = as_tenant("?kind=devices", &format!("id,mac,tenant_uuid\nours,{PHONE},{OTHER}\n")).await;
    assert!(answered.status.is_success(), "{answered:?}");
    assert_eq!(
        answered.json()["import"]["warnings"][0]["reason"].as_str().map(|why| why.contains("theirs")),
        None
    );
    assert_eq!(api.get("/dev_mgr/devices/ours").await.json()["device"]["tenant_uuid"], TENANT);
    assert_eq!(api.get("/dev_mgr/devices/theirs").await.json()["device"]["tenant_uuid"], OTHER);
}

#[tokio::test]
async fn what_nobody_knows_may_be_named_and_is_told() {
    let api = Api::new().await;
    let file = "id,plugin,config\na,none-1.0,nothing\nb,none-1.0,nothing\n";
    let answered = devices(&api, file).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    let warnings = answered.json()["import"]["warnings"].clone();
    assert_eq!(warnings[0]["reason"], "there is no config `nothing`; 1 other line names it too");
    assert_eq!(warnings[1]["reason"], "the plugin none-1.0 is not installed; 1 other line names it too");
    let device = &api.get("/dev_mgr/devices/a").await.json()["device"];
    assert_eq!(device["last_error"], "the plugin none-1.0 is not installed");
}

#[tokio::test]
async fn a_changed_config_reaches_its_heirs() {
    let api = Api::new().await.with_phone().await;
    let config =
        json!({"config": {"id": "config", "parent_ids": [], "raw_config": {"timezone": "Asia/Tokyo"}}});
    let answered = import(&api, "?kind=configs", JSON_LINES, config.to_string()).await;
    assert_eq!(answered.status, 201, "{answered:?}");
    assert_eq!(answered.json()["import"]["changes"][0]["changes"], json!(["raw_config.timezone"]));
    configured(&api, &answered).await;
    assert_eq!(api.state.provisioning.store().unfinished_changes().await.unwrap(), []);
}

#[tokio::test]
async fn a_phone_that_nobody_knows_yet_is_no_failure() {
    let api = Api::new().await.with_phone().await;
    let file = format!(
        "{}\n{}\n",
        json!({"config": {"id": "config", "parent_ids": [], "raw_config": {"timezone": "Asia/Tokyo"}}}),
        json!({"device": {"id": "new", "mac": "00:08:5d:00:00:09", "config": "config"}}),
    );
    configured(&api, &import(&api, "", JSON_LINES, file).await).await;
    let device = &api.get("/dev_mgr/devices/new").await.json()["device"];
    assert!(device["last_error"].as_str().unwrap().contains("it has no plugin"), "{device}");
}

#[tokio::test]
async fn what_is_exported_makes_the_same_on_an_empty_server() {
    let api = Api::new().await.with_phone().await;
    let device = json!({"id": "odd", "mac": "00:08:5d:00:00:02", "tenant_uuid": TENANT, "options": {"switchboard": true},
        "description": "=1+1", "X_list": [1, null], "X_text": "5", "a.b": {"c": "d"}});
    assert_eq!(
        api.call_as(TENANT, Method::POST, "/dev_mgr/devices", Some(json!({ "device": device }))).await.status,
        201
    );
    let config = json!({"id": "line", "parent_ids": ["config"], "X_type": "device", "label": "L", "raw_config": {
        "sip_proxy_port": "5060", "http_port": 80, "ntp_enabled": false,
        "sip_lines": {"1": {"username": "u", "password": "007", "X_own": 1}}}});
    assert_eq!(api.post("/cfg_mgr/configs", json!({ "config": config })).await.status, 201);
    api.phone_asks("192.0.2.7", FILE).await;
    let before = (
        api.get("/dev_mgr/devices?recurse=true&sort=id").await.json(),
        api.get("/cfg_mgr/configs?sort=id").await.json(),
    );

    let all = export(&api, "").await;
    assert!(all.lines().next().unwrap().starts_with("{\"config\":"), "{all}");
    let tables =
        (export(&api, "?kind=configs&format=csv").await, export(&api, "?kind=devices&format=csv").await);
    assert!(tables.1.starts_with("id,mac,ip,vendor,"), "{}", tables.1);
    for is_table in [false, true] {
        let empty = Api::new().await;
        let answered = if is_table {
            assert_eq!(import(&empty, "?kind=configs", CSV, tables.0.clone()).await.status, 200);
            devices(&empty, &tables.1).await
        } else {
            import(&empty, "?mode=create", JSON_LINES, all.clone()).await
        };
        assert_eq!(answered.status, 201, "{answered:?}");
        configured(&empty, &answered).await;
        let after = (
            empty.get("/dev_mgr/devices?recurse=true&sort=id").await.json(),
            empty.get("/cfg_mgr/configs?sort=id").await.json(),
        );
        assert_eq!(without_moments(before.0.clone()), without_moments(after.0), "{is_table}");
        assert_eq!(before.1, after.1, "{is_table}");
    }
}

fn without_moments(mut list: Value) -> Value {
    for device in list["devices"].as_array_mut().unwrap() {
        device.as_object_mut().unwrap().shift_remove("last_error_at");
    }
    list
}

#[tokio::test]
async fn an_export_can_be_narrowed() {
    let api = Api::new().await.with_phone().await;
    devices(&api, "id,model\na,6731i\nb,6730i\n").await;
    let found = export(&api, "?kind=devices&q=%7B%22model%22%3A%226731i%22%7D").await;
    assert_eq!(found, "{\"device\":{\"id\":\"a\",\"model\":\"6731i\"}}\n");
    let request = Request::get("/0.2/export?kind=configs").header("X-Auth-Token", TOKEN);
    let answered = api.send(request.header("Accept", "text/csv").body(Body::empty()).unwrap()).await;
    assert_eq!(answered.header("content-type"), "text/csv");
    assert!(answered.body.starts_with("id,parent_ids,"), "{answered:?}");
    for query in ["?format=csv", "?format=xml", "?q=%7B%7D", "?kind=devices&q=x", "?limit=1"] {
        assert_eq!(api.get(&format!("/export{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn many_devices_are_one_file() {
    let api = Api::new().await.with_phone().await;
    let row = |number: u32| format!("00:08:5d:01:{:02x}:{:02x},config", number / 256, number % 256);
    let rows = (0..1500).map(row).collect::<Vec<_>>().join("\n");
    let answered = devices(&api, &format!("mac,config\n{rows}\n")).await;
    assert_eq!(answered.json()["import"]["created"]["devices"], 1500, "{:.300}", answered.body);
    assert_eq!(count(&api).await.0, 1501);
    assert_eq!(export(&api, "?kind=devices").await.lines().count(), 1501);
}
